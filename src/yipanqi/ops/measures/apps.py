"""Django's entry for the measures app."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "yipanqi.ops.measures"
    label = "measures"

    def ready(self) -> None:
        """Enter what follows from the orders of stops and freezes."""
        from yipanqi.ops.measures.effects import EFFECTS  # inline: these read models
        from yipanqi.ops.measures.freezing.answering import FREEZE_EFFECTS
        from yipanqi.ops.measures.stop_answers import STOP_EFFECTS

        EFFECTS.update(STOP_EFFECTS | FREEZE_EFFECTS)
