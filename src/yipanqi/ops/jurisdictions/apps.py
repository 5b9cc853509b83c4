"""Django's entry for the jurisdictions app."""

from django.apps import AppConfig


class JurisdictionsConfig(AppConfig):
    name = "yipanqi.ops.jurisdictions"
    label = "jurisdictions"
