"""Django's entry for the indicators app."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "yipanqi.ops.indicators"
    label = "indicators"
