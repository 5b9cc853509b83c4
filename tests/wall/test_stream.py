"""The wall's line: the whole state at once and with every act, whatever happens to the connection behind it."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from yipanqi import catalog
from yipanqi.casework.lifecycles.directive import DIRECTIVE
from yipanqi.kernel.days import ZONE
from yipanqi.ops.directives.deadlines import fire_due
from yipanqi.ops.directives.services import (
    accept_directive,
    hand_down,
    receive_directive,
    report_directive,
    verify_directive,
)
from yipanqi.ops.partners.queries import find_partner
from yipanqi.rehearsal.world import World
from yipanqi.wall.hub import hub

NUMBERS = itertools.count()
pytestmark = pytest.mark.django_db(transaction=True)


class Viewer:
    """A screen: reads the stream in a thread and keeps each state it got."""

    def __init__(self, client: Client) -> None:
        self.response = client.get("/wall/stream")
        self.states: list[dict[str, Any]] = []
        self.beats = 0
        self._news, self._stop = threading.Condition(), False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for message in self.response.streaming_content:
            with self._news:
                if b"data: " in message:
                    self.states.append(json.loads(message.partition(b"data: ")[2]))
                    assert message.startswith(f"id: {self.states[-1]['feed_no']}\nevent: state\n".encode())
                elif message == b": beat\n\n":
                    self.beats += 1
                self._news.notify_all()
            if self._stop:
                break
        self.response.close()  # as the server does when the screen has gone

    def wait(self, holds: Callable[["Viewer"], bool], seconds: float = 8) -> None:
        with self._news:
            assert self._news.wait_for(lambda: holds(self), seconds), self.states[-1:]

    def close(self) -> None:
        self._stop = True
        self._thread.join(5)


@contextmanager
def watching(world: World, *units: str) -> Iterator[list[Viewer]]:
    viewers = []
    for unit in units:
        client = Client()
        client.force_login(world.officer(f"v{next(NUMBERS)}", roles=["commander"], unit=unit))
        viewers.append(Viewer(client))
    try:
        yield viewers
    finally:
        for viewer in viewers:
            viewer.close()
        for thread in threading.enumerate():
            if thread.name == "wall-hub":
                thread.join(5)


def warn(world: World, place: str = "350104") -> None:
    world.take_in([world.row(jurisdiction_code=place)])
    world.triage()
    world.seal()


def shows(number: int) -> Callable[[Viewer], bool]:
    return lambda viewer: bool(viewer.states) and viewer.states[-1]["figures"]["warnings"] == number


def kill_listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_each_act_moves_every_wall_of_its_scope(world: World) -> None:
    with watching(world, "350000", "350104", "350203") as (province, county, other):
        for viewer in (province, county, other):
            viewer.wait(shows(0))
        warn(world)
        province.wait(shows(1))
        county.wait(shows(1))
        warn(world, "350203")
        province.wait(shows(2))
        other.wait(shows(1))
        assert county.states[-1]["figures"]["warnings"] == 1
        numbers = [state["feed_no"] for state in province.states]
        assert numbers == sorted(numbers)
        assert province.states[-1]["scope"]["code"] == "350000"


def test_a_killed_listener_comes_back_with_the_newest(world: World) -> None:
    with watching(world, "350000") as (viewer,):
        viewer.wait(shows(0))
        warn(world)
        viewer.wait(shows(1))
        assert kill_listeners() >= 1
        warn(world)  # while nobody listens
        viewer.wait(shows(2))
        warn(world)
        viewer.wait(shows(3))


def test_a_screen_that_comes_back_gets_the_newest_at_once(world: World) -> None:
    with watching(world, "350000") as (viewer,):
        viewer.wait(shows(0))
    warn(world)
    with watching(world, "350000") as (viewer,):
        viewer.wait(shows(1))
        assert [state["figures"]["warnings"] for state in viewer.states] == [1]


def test_nothing_happens_and_the_line_lives(world: World) -> None:
    with watching(world, "350000") as (viewer,):
        viewer.wait(lambda seen: seen.beats >= 1)
        assert len(viewer.states) == 1


def test_a_hub_without_viewers_rests(world: World) -> None:
    with watching(world, "350000", "350104") as viewers:
        for viewer in viewers:
            viewer.wait(shows(0))
        assert sum(thread.name == "wall-hub" for thread in threading.enumerate()) == 1
    assert not any(thread.name == "wall-hub" for thread in threading.enumerate())
    assert hub._states == {} and hub._viewers == {}


def test_midnight_turns_the_wall_without_an_act(world: World) -> None:
    warn(world)
    with watching(world, "350000") as (viewer,):
        viewer.wait(shows(1))
        world.advance(timedelta(days=1))
        viewer.wait(shows(0))
        assert viewer.states[-1]["figures"]["waiting"] == 1


def test_who_is_not_signed_in_gets_no_line(client: Client) -> None:
    for url in ("/wall", "/wall/state", "/wall/stream"):
        assert client.get(url).status_code == 302
        assert (
            client.get(url, headers={"Accept": "text/event-stream", "HX-Request": "true"}).status_code == 401
        )


def test_a_directive_runs_over_every_wall_it_concerns_and_says_no_word_of_itself(world: World) -> None:
    """From the partner to the city, handed down to the county, late, and gone when it is verified."""
    world.partner("n12381", source="national_12381", scope="350100")
    row = world.directive_row(jurisdiction_code="350100", urgent="true")
    city, county, second = (
        world.officer(name, roles=["duty_officer"], unit=unit)
        for name, unit in (("c1", "350100"), ("k1", "350104"), ("c2", "350100"))
    )

    def shown(status: str) -> Callable[[Viewer], bool]:
        return lambda viewer: (
            bool(viewer.states)
            and [item["status"] for item in viewer.states[-1]["directives"]["items"]]
            == ([status] if status else [])
        )

    with watching(world, "350000", "350104", "350203") as (top, below, other):
        made, _ = receive_directive(row=row, partner=find_partner("n12381"), now=world.now)
        world.seal()
        top.wait(shown("issued"))
        (item,) = top.states[-1]["directives"]["items"]
        assert item == {
            "id": str(made.id), "kind": "verify_warning", "from": "合作单位n12381", "unit": "福州市", "urgent": True,
            "status": "issued", "late": False, "issued_at": "2026-03-02T10:00:00+08:00",
            "due_at": "2026-03-02T12:00:00+08:00",
        }  # fmt: skip
        assert not below.states or below.states[-1]["directives"]["total"] == 0
        seen = {"directive_id": made.id, "now": world.now}
        hand_down(version=1, place_code="350104", acting_officer=city, **seen)
        accept_directive(version=2, acting_officer=county, **seen)
        world.seal()
        below.wait(shown("accepted"))
        assert fire_due(now=made.due_at + timedelta(seconds=1)) == 1
        report_directive(version=3, report="已见面", acting_officer=county, **seen)
        world.seal()
        below.wait(shown("acted"))
        directives = below.states[-1]["directives"]
        assert (directives["items"][0]["late"], directives["late"]) == (True, 1)
        ticks = [tick["event"] for tick in below.states[-1]["ticker"]]
        assert ticks[-4:] == [
            "directive.handed_down",
            "directive.accepted",
            "directive.late",
            "directive.acted",
        ]
        verify_directive(version=4, acting_officer=second, **seen)
        world.seal()
        for viewer in (top, below):
            viewer.wait(shown(""))
        assert other.states[-1]["directives"] == {"total": 0, "late": 0, "items": []}
        told = json.dumps([top.states, below.states, other.states], ensure_ascii=False)
        assert "林晓梅" not in told and "劝阻" not in told.replace("见面劝阻反馈", "")


def test_the_state_by_request_is_that_of_the_line(world: World) -> None:
    warn(world)
    client = Client()
    client.force_login(world.officer("commander", roles=["commander"]))
    asked = client.get("/wall/state").json()
    with watching(world, "350000") as (viewer,):
        viewer.wait(shows(1))
        sent = viewer.states[-1]
    assert {name: value for name, value in asked.items() if name != "as_of"} == {
        name: value for name, value in sent.items() if name != "as_of"
    }
    assert set(asked["figures"]) == {"warnings", "waiting", "calls", "dissuaded", "saved_minor"}
    assert len(asked["cases"]["today"]) == len(asked["cases"]["yesterday"]) == 24
    ticks = [tick["feed_no"] for tick in asked["ticker"]]
    assert ticks == sorted(ticks) and asked["ticker"][-1]["event"] == "alert.triaged"
    assert asked["ticker"][-1]["place"] == "仓山区" and asked["as_of"].startswith(
        world.now.astimezone(ZONE).strftime("%Y-%m-%dT%H")
    )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_vocabulary_knows_every_code_the_state_may_hold(world: World, language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    client.force_login(world.officer("commander", roles=["commander"], language=language))
    html = client.get("/wall").content.decode()
    words = json.loads(
        html.partition('id="vocabulary" type="application/json">')[2].partition("</script>")[0]
    )
    assert words["lang"] == language
    assert set(words["fraud_types"]) == set(catalog.fraud_types())
    assert list(words["outcomes"]) == list(catalog.call_outcomes())
    assert set(words["levels"]) == set(catalog.levels())
    assert {code: item["icon"] for code, item in words["directive_kinds"].items()} == {
        code: kind.icon for code, kind in catalog.directive_kinds().items()
    }
    assert list(words["directive_statuses"]) == list(DIRECTIVE.statuses)
    assert set(words["events"]) >= {"alert.triaged", "work_order.taken", "work_order.completed"}
    for group in ("fraud_types", "outcomes", "levels", "events", "directive_kinds", "directive_statuses"):
        assert all(item["name"] for item in words[group].values())
