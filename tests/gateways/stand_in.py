"""Stand-ins on both sides of the wire: an answer door for the centre, and simulators started as a real process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    Official,
    OrderKind,
    OrderMessage,
    Organisation,
    Target,
)
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.risk_platform import read_answer, write_order
from yipanqi.gateways.signing import CENTRE, public_key_of, sign, verify
from yipanqi.kernel.clock import RealClock

CENTRE_SEED = bytes(range(32))
TOKEN = "control-token-of-the-tests"
PAID_AT = datetime(2026, 3, 2, 1, 55, tzinfo=UTC)
NAME, AMOUNT_MINOR = "王小明", 5_000_000
OFFICER = Official("01", "350102199001011234", "林警官", "0591-0000000")


def seed_of(code: str) -> bytes:
    """A private key for an institution of the tests."""
    return code.encode().ljust(32, b"#")


def an_order(institution: str, number: str, **changes: Any) -> OrderMessage:
    """A stop order for the account of `Simulators.open`, valid for an hour."""
    now = RealClock().now()
    given: dict[str, Any] = {
        "order_id": str(uuid.uuid4()),
        "kind": OrderKind.STOP,
        "institution": institution,
        "target": Target.ACCOUNT,
        "case_number": "A3501020000002026030001",
        "account": Account(number, NAME, institution),
        "organisation": Organisation("350100000000", "福州市反诈中心"),
        "operator": OFFICER,
        "applied_at": now,
        "expires_at": now + timedelta(hours=1),
        "amount_minor": AMOUNT_MINOR,
        "transfer_at": PAID_AT,
    }
    return OrderMessage(**(given | changes))


@dataclass(frozen=True)
class Received:
    """What came to the answer door; `answer` is None when it could not be read."""

    signer: str
    body: bytes
    answer: AnswerMessage | None


@dataclass
class CentreStandIn:
    """The centre's answer door: checks signatures, keeps what comes, answers `status`."""

    status: int = 202
    received: list[Received] = field(default_factory=list)
    nonces: set[uuid.UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, order_id: str) -> list[Received]:
        return [each for each in self.received if order_id in each.body.decode(errors="replace")]

    def wait(self, order_id: str, count: int = 1) -> list[Received]:
        until(lambda: len(self.of(order_id)) >= count, f"{count} answers to {order_id}")
        return self.of(order_id)

    def answer(self, order: OrderMessage) -> AnswerMessage:
        """The first answer to an order that can be read."""
        until(lambda: any(each.answer for each in self.of(order.order_id)), f"an answer to {order.order_id}")
        return next(each.answer for each in self.of(order.order_id) if each.answer)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        signer = verify(
            headers=headers,
            method="POST",
            path=path,
            body=body,
            public_key=public_key_of(seed_of(headers["X-Signer"])),
            now=RealClock().now(),
            remember=lambda _, nonce, __: nonce not in self.nonces and not self.nonces.add(nonce),
        )
        try:
            answer = read_answer(body)
        except MessageRefused:
            answer = None
        if self.status < 300:
            self.received.append(Received(signer, body, answer))
            return self.status if answer else 422
        return self.status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        centre = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = centre.take(self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Door


def until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait until it is so; fails saying what was waited for."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"not within {seconds} s: {what}"
        time.sleep(0.01)


class Simulators:
    """A process with institutions, and the centre's way to talk to them."""

    def __init__(self, folder: Path, centre: str, codes: list[str], **given: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.config: dict[str, Any] = {
            "port": port,
            "data": "books",
            "centre": centre,
            "centre_public_key": public_key_of(CENTRE_SEED),
            "control_token": TOKEN,
            "institutions": [
                {
                    "code": code,
                    "kind": "telecom" if code.startswith("tel") else "bank",
                    "secret_key": seed_of(code).hex(),
                }
                for code in codes
            ],
        } | given
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.client = httpx.Client(trust_env=False, timeout=10)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Simulators":
        path = self.folder / "simulators.json"
        path.write_text(json.dumps(self.config), "utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yipanqi.gateways.simulators", "--config", str(path)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")},
        )
        until(self._is_up, "the simulators answer", 20)
        return self

    def stop(self, how: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(how)
        code = self.process.wait(20)
        self.process = None
        return code

    def close(self) -> None:
        if self.process:
            self.stop()
        self.client.close()

    def post(self, order: OrderMessage) -> httpx.Response:
        """The order, signed by the centre."""
        return self.ask("POST", f"/{order.institution}/orders", write_order(order))

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        signed = headers if headers is not None else self.signed(method, path, body)
        return self.client.request(method, self.url + path, content=body, headers=signed)

    def signed(
        self, method: str, path: str, body: bytes, signer: str = CENTRE, at: Any = None
    ) -> dict[str, str]:
        now = at or RealClock().now()
        return sign(signer=signer, seed=CENTRE_SEED, method=method, path=path, body=body, now=now)

    def stops(self, code: str, query: str = "") -> list[dict[str, Any]]:
        found = self.ask("GET", f"/{code}/stops{query}")
        assert found.status_code == 200, found.text
        stops: list[dict[str, Any]] = found.json()["stops"]
        return stops

    def control(self, code: str, **asked: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        done = self.client.post(f"{self.url}/control", json={"institution": code} | asked, headers=headers)
        assert done.status_code == 200, done.text
        found: dict[str, Any] = done.json()
        return found

    def books(self, code: str, number: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        found: dict[str, Any] = self.client.get(
            f"{self.url}/control/{code}/books", params={"number": number} if number else None, headers=headers
        ).json()
        return found

    def open(self, code: str, number: str, *, balance: str = "60000.00") -> str:
        """An account that took in the transfer of `an_order`; returns its number."""
        transfer = {"amount": "50000.00", "at": PAID_AT.isoformat()}
        account = {"number": number, "name": NAME, "balance": balance, "transfers": [transfer]}
        self.control(code, open=[account])
        return number

    def _is_up(self) -> bool:
        assert self.process and self.process.poll() is None, "the simulators ended"
        try:
            return self.client.get(f"{self.url}/health").is_success
        except httpx.HTTPError:
            return False
