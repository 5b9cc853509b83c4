"""Django's entry for the subjects app."""

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    name = "yipanqi.ops.subjects"
    label = "subjects"
