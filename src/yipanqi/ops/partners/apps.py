"""Django's entry for the partners app."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "yipanqi.ops.partners"
    label = "partners"
