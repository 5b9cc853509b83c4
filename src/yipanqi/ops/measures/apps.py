"""Django's entry for the measures app."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "yipanqi.ops.measures"
    label = "measures"
