"""Django's entry for the cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yipanqi.ops.cases"
    label = "cases"
