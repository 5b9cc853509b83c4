"""Django's entry for the papers app."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "yipanqi.ops.papers"
    label = "papers"
