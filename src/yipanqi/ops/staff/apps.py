"""Django's entry for the staff app."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "yipanqi.ops.staff"
    label = "staff"
