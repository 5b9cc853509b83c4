"""Simulated officers: each signs in and acts through the pages of the own desk over HTTP.

They see what a person at the desk sees: to call somebody the operator asks for the phone, which the centre journals.
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


class Window:
    """One officer's browser. Not shared between threads."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.username = username
        self._password = password
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)

    def sign_in(self) -> None:
        """Sign in by the sign-in page. Raises DoorShutError when the centre refuses."""
        self._http.cookies.clear()
        self._http.get("/login").raise_for_status()
        answer = self._post("/login", {"username": self.username, "password": self._password}, page=False)
        if answer.status_code != 302:
            raise DoorShutError(f"sign-in of {self.username} was answered {answer.status_code}")

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()

    def _look(self, path: str) -> str:
        """The text of a page."""
        answer = self._http.get(path)
        if answer.status_code == 302:
            self.sign_in()
            answer = self._http.get(path)
        if answer.status_code != 200:
            raise DoorShutError(f"{path} was answered {answer.status_code}")
        return answer.text

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


class Seat(Window):
    """An operator at the seat. `call` is the call in hand, `case` the page on which a payment is to be registered."""

    def __init__(self, url: str, username: str, password: str) -> None:
        super().__init__(url, username, password)
        self.call: Call | None = None
        self.case = ""

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

    def register(self, case: str, fields: dict[str, str]) -> None:
        """Fill in the form of a case's payment; what the centre refuses of it (422) stays to be done by others."""
        answer = self._post(case, fields, page=False)
        if answer.status_code not in {303, 422}:
            raise DoorShutError(f"{case} was answered {answer.status_code}")

    def give_back(self) -> None:
        """Put the call in hand back into the line."""
        if self.call is not None:
            self._board("/seat/give-back", self._hand())

    def _hand(self) -> dict[str, str]:
        assert self.call is not None
        return {"work_order_id": self.call.work_order_id, "version": self.call.version}

    def _board(self, path: str, fields: dict[str, str]) -> Call | None:
        answer = self._act(path, fields)
        self.case = answer.headers.get("HX-Redirect", "")
        found = dict(_FIELD.findall(answer.text))
        self.call = Call(found["work_order_id"], found["version"]) if len(found) == 2 else None
        return self.call
