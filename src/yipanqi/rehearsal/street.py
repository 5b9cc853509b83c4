"""The bank street of a rehearsal: which simulated banks and telecoms there are, their keys, and their control door.

For: writing the simulators' file, connecting them to the centre, and playing what happens at their counters: money
comes in, mules take it out, a bank falls silent. The process itself is a child of the supervisor (`config
simulators`).
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from yipanqi import catalog
from yipanqi.gateways.reading import minor_text
from yipanqi.gateways.signing import public_key_of
from yipanqi.ops.partners.queries import find_partner
from yipanqi.ops.partners.services import connect_partner
from yipanqi.rehearsal.moves import OUT_OF_THE_BANKS, Move
from yipanqi.rehearsal.seats import DoorShutError
from yipanqi.rehearsal.world import BUILDER

FILE = "simulators.json"
READY_SECONDS = 15


class Street:
    """The institutions of one rehearsal in `data`; keys and token are made once and kept in a file of mode 0600."""

    def __init__(
        self, data: Path, centre: str, *, banks: Sequence[str], telecoms: Sequence[str] = ()
    ) -> None:
        self.file = data / FILE
        self._config = self._read() or _new_config(banks, telecoms)
        self._config |= {
            "centre": centre,
            "centre_public_key": public_key_of(bytes.fromhex(settings.KEY_RING.derive("partner-signing"))),
            "port": _free_port(),
        }
        self._write()
        self._open: set[str] = set()
        token = self._config["control_token"]
        self.url = f"http://{self._config['address']}:{self._config['port']}"
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=10,
        )

    def connect(self, *, now: datetime) -> None:
        """Tell the centre where each institution's door is and whose key it signs with; partners must be
        registered.
        """
        for each in self._config["institutions"]:
            if find_partner(each["code"]) is not None:
                connect_partner(
                    code=each["code"],
                    endpoint=f"{self.url}/{each['code']}",
                    public_key=public_key_of(bytes.fromhex(each["secret_key"])),
                    bank=each["code"] if each["kind"] == "bank" else "",
                    acting=BUILDER,
                    now=now,
                )

    def wait(self) -> None:
        """Return once the street answers. Raises DoorShutError."""
        limit = time.monotonic() + READY_SECONDS
        while time.monotonic() < limit:
            try:
                if self._http.get("/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise DoorShutError("the simulated banks did not open")

    def control(self, institution: str, **acts: Any) -> dict[str, Any]:
        """Play something at an institution (`*`: at all); the acts are those of docs/gateways.md."""
        answer = self._http.post("/control", json={"institution": institution, **acts})
        if answer.status_code != 200:
            raise DoorShutError(
                f"the control door of {institution} answered {answer.status_code}: {answer.text}"
            )
        return dict(answer.json())

    def pay_in(self, bank: str, number: str, name: str, amount: str, at: datetime) -> None:
        """A victim's money reaches an account, which is opened when the bank does not know it."""
        transfer = {"amount": amount, "at": at.isoformat()}
        opened = self.control(
            bank, open=[{"number": number, "name": name, "balance": amount, "transfers": [transfer]}]
        )
        if not opened["opened"]:
            self.control(bank, credit=[{"number": number, **transfer}])

    def book(self, moves: Sequence[Move]) -> None:
        """Enter transfers in the books of their banks. Ways out of the banks have no books."""
        acts: dict[str, dict[str, list[dict[str, str]]]] = {}
        for move in moves:
            amount = minor_text(move.amount_minor)
            if move.payer.account in self._open:
                out = acts.setdefault(move.payer.bank, {}).setdefault("move_out", [])
                out.append({"number": move.payer.account, "amount": amount})
            if move.kind in OUT_OF_THE_BANKS:
                continue
            bank = acts.setdefault(move.payee.bank, {})
            if move.payee.account not in self._open:
                self._open.add(move.payee.account)
                bank.setdefault("open", []).append({"number": move.payee.account, "name": move.payee.name})
            credit = {"number": move.payee.account, "amount": amount, "at": move.at.isoformat()}
            bank.setdefault("credit", []).append(credit)
        for code, asked in acts.items():
            self.control(code, **asked)

    def books(self, institution: str, number: str = "") -> dict[str, Any]:
        """An institution's books, or those of one account."""
        answer = self._http.get(
            f"/control/{institution}/books", params={"number": number} if number else None
        )
        return dict(answer.raise_for_status().json())

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text())) if self.file.exists() else {}

    def _write(self) -> None:
        partial = self.file.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._config, file, ensure_ascii=False, indent=1)
        partial.replace(self.file)


def _new_config(banks: Sequence[str], telecoms: Sequence[str]) -> dict[str, Any]:
    names = {code: catalog.banks()[code].name.zh for code in banks} | {code: code for code in telecoms}
    kinds = dict.fromkeys(banks, "bank") | dict.fromkeys(telecoms, "telecom")
    return {
        "address": "127.0.0.1",
        "data": "books",
        "control_token": secrets.token_urlsafe(24),
        "institutions": [
            {"code": code, "kind": kinds[code], "name": names[code], "secret_key": secrets.token_hex(32)}
            for code in kinds
        ],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
