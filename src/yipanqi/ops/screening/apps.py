"""Django's entry for the screening app."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "yipanqi.ops.screening"
    label = "screening"
