"""Django's entry for the web app (templates and static files)."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "yipanqi.web"
    label = "web"
