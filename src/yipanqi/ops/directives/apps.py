"""Django's entry for the directives app."""

from django.apps import AppConfig


class DirectivesConfig(AppConfig):
    name = "yipanqi.ops.directives"
    label = "directives"
