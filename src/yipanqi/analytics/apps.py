"""Django's entry for the analytics app (queue tasks are found in `tasks`)."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "yipanqi.analytics"
    label = "analytics"
