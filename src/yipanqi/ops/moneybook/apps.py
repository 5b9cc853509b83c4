"""Django's entry for the moneybook app."""

from django.apps import AppConfig


class MoneybookConfig(AppConfig):
    name = "yipanqi.ops.moneybook"
    label = "moneybook"
