"""Django's entry for the returns app."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "yipanqi.ops.returns"
    label = "returns"

    def ready(self) -> None:
        """Enter what follows from the orders to pay."""
        from yipanqi.ops.measures.effects import EFFECTS  # inline: these read models
        from yipanqi.ops.measures.enums import OrderKind
        from yipanqi.ops.returns.answering import PAY_EFFECTS

        EFFECTS[OrderKind.RETURN_MONEY] = PAY_EFFECTS
