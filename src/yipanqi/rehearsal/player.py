"""The partners' side: posts messages to the partner API over HTTP, one by one or a batch per partner."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from yipanqi.gateways.reading import minor_text
from yipanqi.rehearsal.messages import Message
from yipanqi.rehearsal.moves import Move
from yipanqi.rehearsal.seats import DoorShutError
from yipanqi.rehearsal.staging import FEED

_TIMEOUT_S = 30.0
AT_ONCE = 3


@dataclass
class Posted:
    """What the centre said to what was posted, in rows."""

    accepted: int = 0
    joined: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def taken(self) -> int:
        """Rows that became signals."""
        return self.accepted + self.joined

    def add(self, answer: Mapping[str, object]) -> None:
        """Count a batch's answer in."""
        for name in ("accepted", "joined", "duplicate", "quarantined"):
            setattr(self, name, getattr(self, name) + int(str(answer[name])))


class Player:
    """All partners of the rehearsal, each calling with its own key. `posted` counts what became of the rows."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=_TIMEOUT_S, trust_env=False)
        self.posted = Posted()

    def post_batches(self, messages: Sequence[Message]) -> None:
        """Post messages, one batch per partner. Raises DoorShutError when one is refused whole."""
        by_sender: dict[str, list[dict[str, str]]] = {}
        for message in messages:
            by_sender.setdefault(message.sender, []).append(message.row)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for answer in pool.map(lambda item: self._batch(*item), by_sender.items()):
                self.posted.add(answer)

    def post_one(self, message: Message) -> str:
        """Post one message; accepted, joined, duplicate, or quarantined. Raises DoorShutError otherwise."""
        row = {name: value for name, value in message.row.items() if value}
        answer = self._post("/warnings", message.sender, row)
        if answer.status_code not in {202, 422}:
            raise DoorShutError(f"a warning of {message.sender} was answered {answer.status_code}")
        fate = str(answer.json()["status"]) if answer.status_code == 202 else "quarantined"
        setattr(self.posted, fate, getattr(self.posted, fate) + 1)
        return fate

    def post_directive(self, sender: str, row: Mapping[str, object]) -> None:
        """Post one directive as this partner. Raises DoorShutError when it is not taken."""
        answer = self._post("/directives", sender, dict(row))
        if answer.status_code != 202:
            raise DoorShutError(f"a directive of {sender} was answered {answer.status_code}")

    def post_transfers(self, moves: Sequence[Move]) -> None:
        """Tell what was booked, as the banks' feed. Raises DoorShutError when it is not taken."""
        answer = self._post("/transfers", FEED, {"rows": [_row(move) for move in moves]})
        if answer.status_code != 202 or answer.json()["rejected"]:
            raise DoorShutError(f"transfers were answered {answer.status_code}: {answer.text[:200]}")

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()

    def _batch(self, sender: str, rows: list[dict[str, str]]) -> dict[str, object]:
        answer = self._post("/warnings/batch", sender, {"rows": rows})
        if answer.status_code != 202:
            raise DoorShutError(f"a batch of {sender} was answered {answer.status_code}")
        return dict(answer.json())

    def _post(self, path: str, sender: str, body: object) -> httpx.Response:
        return self._http.post(path, json=body, headers={"Authorization": f"Bearer {self._keys[sender]}"})


def _row(move: Move) -> dict[str, str]:
    return {
        "id": move.id,
        "booked_at": move.at.isoformat(),
        "payer": move.payer.account,
        "payee": move.payee.account,
        "amount": minor_text(move.amount_minor),
        "payer_bank": move.payer.bank,
        "payee_bank": move.payee.bank,
        "payer_name": move.payer.name,
        "payee_name": move.payee.name,
        "channel": move.channel,
        "kind": move.kind,
    }
