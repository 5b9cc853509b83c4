"""Django's entry for the API door."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "yipanqi.api"
    label = "api"
