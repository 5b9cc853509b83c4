"""The gate of every call of a partner: a key that is good for the act. Which act, each router says for itself."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import authenticate
from yipanqi.ops.partners.enums import PartnerAct


class PartnerBearer(HttpBearer):
    """`Authorization: Bearer <key>` of a key that is good for `act`; the partner becomes `request.auth`."""

    def __init__(self, act: PartnerAct) -> None:
        super().__init__()
        self.gate = (str(act),)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The partner of this key; raises `KeyInvalid`, whatever is wrong with it."""
        return authenticate(key=token, act=self.gate[0], now=now())
