"""The base of every error this system raises on purpose.

An error lives beside the code that raises it, says in English what could not be done, and keeps its facts so that
a door can translate the code and show the facts. HTTP status codes and translated texts are the doors' work.
"""

from __future__ import annotations


class YipanqiError(Exception):
    """Something could not be done; `str()` is the English message.

    `code` is snake_case and stable: doors, catalogs and clients key their texts by it. A subclass sets its default
    as the class attribute; one raise may name a finer one. `facts` are the values the message speaks of.
    """

    code: str = "yipanqi_error"

    def __init__(self, message: str, *, code: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts: dict[str, object] = facts
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message
