"""Django's entry for the workorders app."""

from django.apps import AppConfig


class WorkordersConfig(AppConfig):
    name = "yipanqi.ops.workorders"
    label = "workorders"
