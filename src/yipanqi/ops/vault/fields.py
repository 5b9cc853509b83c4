"""A database field whose Python value is `Sealed`: encrypted at rest, masked when printed.

Reading a row never yields plain text by accident: `str(value)` is the mask. `reveal()` is for services
that journal the unmasking and for workers that need the value itself (a text to classify).
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models

from yipanqi.ops.vault.masks import MASKS


@dataclass(frozen=True)
class Sealed:
    """One encrypted value of a `kind` named in `masks.MASKS`; an empty token is an empty value."""

    kind: str
    token: str

    @classmethod
    def of(cls, kind: str, text: str) -> "Sealed":
        """Seal plain text under the current key."""
        return cls(kind, settings.KEY_RING.seal(kind, text) if text else "")

    def reveal(self) -> str:
        """The plain text. Callers on behalf of a person journal it first (`subjects.services.unmask`)."""
        return settings.KEY_RING.open(self.kind, self.token) if self.token else ""

    @property
    def masked(self) -> str:
        """The value as a screen may show it unasked."""
        return MASKS[self.kind](self.reveal()) if self.token else ""

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Sealed({self.kind})"

    def __bool__(self) -> bool:
        return bool(self.token)


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text column that holds `Sealed` values of one kind."""

    def __init__(self, *args: Any, kind: str = "text", **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind}

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        return Sealed(self.kind, value or "")

    def to_python(self, value: Any) -> Sealed:
        return value if isinstance(value, Sealed) else Sealed(self.kind, value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Sealed):
            return value.token
        if value:
            raise TypeError(f"{self.name}: seal the value first, plain text is not stored")
        return ""


def blind_index(kind: str, text: str) -> str:
    """The keyed index of a normalised value, for an exact look-up column; empty stays empty."""
    return settings.KEY_RING.index(kind, text) if text else ""
