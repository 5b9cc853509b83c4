"""Django's entry for the returns app."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "yipanqi.ops.returns"
    label = "returns"
