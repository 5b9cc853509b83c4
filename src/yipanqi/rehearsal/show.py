"""What is on stage in one run of the demo: its people, partners and seats, and the lines that welcome the visitor.

Import it when Django is ready. The processes of the centre are `demo`'s matter.
"""

import unicodedata
from datetime import datetime
from pathlib import Path

import httpx
from django.db import connection

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.clock import set_clock
from yipanqi.rehearsal.answers import People
from yipanqi.rehearsal.clerks import Clerks
from yipanqi.rehearsal.doors import Doors
from yipanqi.rehearsal.duty import Duties
from yipanqi.rehearsal.history import Play, Told
from yipanqi.rehearsal.live import Live
from yipanqi.rehearsal.messages import live_messages, plan_history
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.seats import DoorShutError, Seat
from yipanqi.rehearsal.staging import KEYS_FILE, SEATS, TELECOM, stage
from yipanqi.rehearsal.street import Street
from yipanqi.rehearsal.tellers import Tellers
from yipanqi.rehearsal.wayback import Wayback
from yipanqi.rehearsal.world import BUILDER
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

LIVE_SEATS = 2


class Show:
    """One run. `play_history` only plays into an empty centre; `start_live` goes on until `close`."""

    def __init__(self, seed: int, url: str, data: Path, now: datetime) -> None:
        self._seed, self._url, self._data, self._now = seed, url, data, now
        self._people = People(seed)
        self._is_new = not Alert.objects.for_system("whether anything was ever taken in").exists()
        set_clock(virtual_at=None, acting=BUILDER)  # a history cut short leaves it virtual
        self._keys = stage(data, now=now)
        self._street = Street(data, url, banks=tuple(catalog.banks()), telecoms=[TELECOM])
        self._street.connect(now=now)
        self._tellers = Tellers(self._street, Player(url, self._keys))
        self._live: Live | None = None

    def play_history(self, *, quick: bool, told: Told) -> None:
        """Play the days before now, when nothing was ever taken in. Raises DoorShutError when the centre fails."""
        if not self._is_new:
            return
        plan = plan_history(self._seed, self._now, quick=quick)
        player, seats = Player(self._url, self._keys), self._seats()
        duties = Duties(self._seed, self._url, player)
        clerks = Clerks(self._seed, self._url, self._street, self._tellers)
        doors = Doors(self._seed, self._url)
        try:
            self._street.wait()
            Wayback(self._street).play(plan.starts_at, quick=quick)
            set_clock(virtual_at=plan.starts_at, acting=BUILDER)
            Play(plan, player, seats, duties, clerks, doors, self._people, told).run()
        except httpx.HTTPError as error:
            raise DoorShutError(f"the centre stopped answering: {type(error).__name__}") from error
        finally:
            player.close()
            for desk in (*seats, duties, clerks, doors):
                desk.close()
        set_clock(virtual_at=None, acting=BUILDER)

    def start_live(self) -> None:
        """Let partners and simulated operators go on in real time, in the background."""
        player = Player(self._url, self._keys)
        messages = live_messages(self._seed, self._now)
        duties = Duties(self._seed, self._url, player)
        clerks = Clerks(self._seed, self._url, self._street, self._tellers)
        self._street.wait()
        clerks.set_clock(None)  # a history, whole or cut short, leaves the banks at its end
        seats = self._seats()[:LIVE_SEATS]
        doors = Doors(self._seed, self._url)
        self._live = Live(self._seed, messages, player, seats, self._people, duties, clerks, doors)
        self._live.start()

    def close(self) -> None:
        """End the live play and give the database connections back."""
        if self._live is not None:
            self._live.stop()
        self._street.close()
        connection.close()
        connection.close_pool()

    def welcome(self, seconds: float) -> str:
        """Address and logins, in both languages."""
        roles = catalog.roles()
        rows = [("岗位", "desk", "user 用户", "password 密码")]
        for username, role in DEMO_OFFICERS.items():
            rows.append((roles[role].name.zh, roles[role].name.en, username, DEMO_PASSWORD))
        widths = [max(_width(row[column]) for row in rows) for column in range(4)]
        table = [
            "  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        lines = [
            "",
            f"一盘棋 yipanqi  {self._url}   (ready in {seconds:.0f} s)",
            "",
            *(f"  {line.rstrip()}" for line in table),
            "",
            f"  partner API {self._url}/api/v1/docs, keys 密钥: {self._data / KEYS_FILE}",
        ]
        if not self._is_new:
            lines.append(
                f"  Earlier data kept 沿用已有数据; to start afresh stop it and remove 重新开始请删除 {self._data}"
            )
        return "\n".join([*lines, "  Ctrl-C 结束 ends it.", ""])

    def _seats(self) -> list[Seat]:
        return [Seat(self._url, username, DEMO_PASSWORD) for username in SEATS]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
