"""A simulated operator: signs in, takes calls and records outcomes through the seat's own pages over HTTP.

It sees what a person at the seat sees: to call somebody it asks for the phone, which the centre journals.
"""

import re
from dataclasses import dataclass
from typing import Final

import httpx

from yipanqi.kernel.errors import YipanqiError

_FIELD: Final = re.compile(r'name="(work_order_id|version)" value="([^"]+)"')
_PHONE: Final = re.compile(r"\b1\d{10}\b")
_TIMEOUT_S: Final = 30.0


class DoorShutError(YipanqiError):
    """The centre did not answer as its pages should; the status says how."""

    code = "door_shut"


@dataclass(frozen=True)
class Call:
    """A call in hand, at the version the page showed."""

    work_order_id: str
    version: str


class Seat:
    """One officer's browser at the seat. Not shared between threads. `call` is the call in hand."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.username = username
        self._password = password
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)
        self.call: Call | None = None

    def sign_in(self) -> None:
        """Sign in by the sign-in page. Raises DoorShutError when the centre refuses."""
        self._http.cookies.clear()
        self._http.get("/login").raise_for_status()
        answer = self._post("/login", {"username": self.username, "password": self._password}, page=False)
        if answer.status_code != 302:
            raise DoorShutError(f"sign-in of {self.username} was answered {answer.status_code}")

    def take(self) -> Call | None:
        """Take the next call, or look again at the one in hand; None when nothing waits."""
        return self._board("/seat/next", {})

    def phone(self) -> str:
        """Ask for the phone of the call in hand, in plain; empty when the page does not show one."""
        assert self.call is not None
        shown = {"field": "phone", "work_order_id": self.call.work_order_id}
        found = _PHONE.search(self._act("/seat/unmask", shown).text)
        return found[0] if found else ""

    def record(self, outcome: str, note: str = "") -> Call | None:
        """Record what came of the call in hand; the page brings the next one, None when nothing waits."""
        assert self.call is not None
        return self._board("/seat/outcome", {**self._hand(), "outcome": outcome, "note": note})

    def give_back(self) -> None:
        """Put the call in hand back into the line."""
        if self.call is not None:
            self._board("/seat/give-back", self._hand())

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()

    def _hand(self) -> dict[str, str]:
        assert self.call is not None
        return {"work_order_id": self.call.work_order_id, "version": self.call.version}

    def _board(self, path: str, fields: dict[str, str]) -> Call | None:
        found = dict(_FIELD.findall(self._act(path, fields).text))
        self.call = Call(found["work_order_id"], found["version"]) if len(found) == 2 else None
        return self.call

    def _act(self, path: str, fields: dict[str, str]) -> httpx.Response:
        answer = self._post(path, fields)
        if answer.status_code == 401 or (answer.status_code == 403 and "sessionid" not in self._http.cookies):
            self.sign_in()
            answer = self._post(path, fields)
        if answer.status_code >= 500 or answer.status_code in {401, 403}:
            raise DoorShutError(f"{path} was answered {answer.status_code}")
        return answer  # 404 and 409 come with the board as it stands

    def _post(self, path: str, fields: dict[str, str], *, page: bool = True) -> httpx.Response:
        headers = {"X-CSRFToken": self._http.cookies.get("csrftoken", "")}
        if page:
            headers["HX-Request"] = "true"
        return self._http.post(path, data=fields, headers=headers)
