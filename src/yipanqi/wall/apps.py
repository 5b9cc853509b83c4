"""Django's entry for the wall."""

from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "yipanqi.wall"
    label = "wall"
