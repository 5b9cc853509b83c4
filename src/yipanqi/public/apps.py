"""Django's entry for the public door."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "yipanqi.public"
    label = "public"
