"""Django's entry for the journal app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "yipanqi.ops.journal"
    label = "journal"
