"""Django's entry for the gateways: it has no tables, only jobs."""

from django.apps import AppConfig


class GatewaysConfig(AppConfig):
    name = "yipanqi.gateways"
    label = "gateways"
