"""Reading a bank's list of stops: strict, never a crash, and what cannot be had is noted."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.gateways.bank_list import read_freezes, read_list
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.tasks import reconcile
from yipanqi.ops.measures.models import Reconciliation
from yipanqi.rehearsal.world import World

LINE = {
    "order_id": "01a204c0-0949-75ef-a095-7e1fd3820907",
    "account_number": "6222021602001234567",
    "starts_at": "2026-03-02T10:00:00+08:00",
    "ends_at": "2026-03-04T10:00:00+08:00",
    "status": "in_effect",
    "asked": "50000.00",
    "balance": None,
    "ended_at": None,
}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2)
)


def body(*lines: object) -> bytes:
    return json.dumps({"stops": list(lines)}).encode()


FREEZE = {name: value for name, value in LINE.items() if name != "balance"} | {
    "department": "福州市反诈中心",
    "frozen": "50000.00",
}


def test_freezes_that_run_count_and_those_that_wait_too() -> None:
    lines = [FREEZE, FREEZE | {"status": "queued", "frozen": "0.00"}, FREEZE | {"status": "released"}]
    found = read_freezes(json.dumps({"freezes": lines}).encode())
    assert [freeze.frozen_minor for freeze in found] == [5_000_000, 0]


@pytest.mark.parametrize("changed", [{"frozen": None}, {"frozen": "-1"}, {"status": "lifted"}, {"more": 1}])
def test_a_freeze_that_cannot_be_read_refuses_the_list(changed: dict[str, object]) -> None:
    with pytest.raises(MessageRefused):
        read_freezes(json.dumps({"freezes": [FREEZE | changed]}).encode())
    with pytest.raises(MessageRefused, match="freezes: missing"):
        read_freezes(b"{}")


def test_only_what_is_in_effect_counts() -> None:
    found = read_list(body(LINE, LINE | {"status": "lifted", "ended_at": "2026-03-03T10:00:00+08:00"}))
    assert [stop.account for stop in found] == ["6222021602001234567"]
    assert (found[0].ends_at - found[0].starts_at).days == 2
    assert read_list(body()) == []


@given(st.sampled_from(sorted(LINE)), VALUES)
def test_a_spoilt_line_is_refused_or_read_never_a_crash(name: str, value: object) -> None:
    try:
        read_list(body(LINE | {name: value}))
    except MessageRefused as refusal:
        assert refusal.facts["field"] and refusal.facts["reason"]


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    with contextlib.suppress(MessageRefused):
        assert read_list(raw) is not None


@pytest.mark.django_db(transaction=True)
def test_a_bank_out_of_reach_is_noted() -> None:
    world = World().load()
    world.bank("ccb")
    reconcile(partner_code="ccb")
    assert Reconciliation.objects.get().error == "unreachable"
    reconcile(partner_code="nobody")
    assert Reconciliation.objects.count() == 1
