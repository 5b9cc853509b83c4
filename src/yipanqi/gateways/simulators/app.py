"""The simulators' HTTP door as an RSGI application: which request goes to whom, and what status a refusal has.

For: `POST /<code>/orders`, `GET /<code>/stops` and `GET /<code>/freezes` for the centre (signed), `/control` for
whoever holds the token, `/health`. Leaves alone: what is done.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from yipanqi.gateways.reading import Fields, MessageRefused
from yipanqi.gateways.signing import SignatureRefused
from yipanqi.gateways.simulators.control import control, show_books
from yipanqi.gateways.simulators.institution import ConnectionDropped, Institution, OrderConflict, Unavailable
from yipanqi.kernel.errors import YipanqiError

JSON = [("content-type", "application/json")]
STATUS = {
    MessageRefused.code: 422,
    SignatureRefused.code: 401,
    "signature_missing": 401,
    "signature_expired": 401,
    "signature_replayed": 409,
    OrderConflict.code: 409,
    Unavailable.code: 503,
    "token_invalid": 401,
    "not_found": 404,
}


class Application:
    """Routes requests to institutions by their code."""

    def __init__(self, institutions: dict[str, Institution], *, control_token: str) -> None:
        self._institutions, self._token = institutions, control_token

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        body = await protocol()
        try:
            status, found = self._respond(scope, body)
        except ConnectionDropped:
            await _drop(protocol)
            return
        except YipanqiError as error:
            status, found = STATUS.get(error.code, 400), {"error": str(error), "code": error.code}
        protocol.response_bytes(status, JSON, json.dumps(found, ensure_ascii=False).encode())

    def _respond(self, scope: Any, body: bytes) -> tuple[int, Any]:
        match scope.method, scope.path.strip("/").split("/"):
            case "GET", ["health"]:
                return 200, {"institutions": list(self._institutions)}
            case "POST", ["control"]:
                self._check_token(scope.headers)
                return 200, control(body, self._institutions)
            case "GET", ["control", code, "books"] if code in self._institutions:
                self._check_token(scope.headers)
                return 200, show_books(self._institutions[code], _query(scope).get("number", ""))
            case "POST", [code, "orders"] if code in self._institutions:
                institution = self._signed(code, scope, body)
                return 202, {"received": True, "order_id": institution.take_order(body)}
            case "GET", [code, "stops"] if code in self._institutions:
                institution = self._signed(code, scope, body)
                since = Fields(_query(scope), "").find_instant("since")
                return 200, {"stops": institution.list_stops(since)}
            case "GET", [code, "freezes"] if code in self._institutions:
                institution = self._signed(code, scope, body)
                since = Fields(_query(scope), "").find_instant("since")
                return 200, {"freezes": institution.list_freezes(since)}
        raise YipanqiError("There is no such door.", code="not_found")

    def _signed(self, code: str, scope: Any, body: bytes) -> Institution:
        institution = self._institutions[code]
        path = f"{scope.path}?{scope.query_string}" if scope.query_string else scope.path
        institution.check_signature(headers=scope.headers, method=scope.method, path=path, body=body)
        return institution

    def _check_token(self, headers: Mapping[str, str]) -> None:
        given = headers.get("authorization") or ""
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise YipanqiError("The control token is missing or wrong.", code="token_invalid")


async def _drop(protocol: Any) -> None:
    """End the connection in the middle of an answer, so that the caller cannot tell what was done."""
    stream = protocol.response_stream(202, [("content-length", "64")])
    await stream.send_bytes(b"{")


def _query(scope: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(scope.query_string).items()}
