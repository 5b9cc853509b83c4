"""What the journal may carry: declared fields of declared kinds, and nothing a person could be known by."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.catalog.items import CatalogError

OPENED: Mapping[str, object] = {
    "alert_id": "01936a0e-7c00-7abc-8def-0123456789ab",
    "fraud_type": "T01",
    "level": "high",
    "source": "bank",
    "amount_minor": 5_000_000,
    "paid": False,
    "place": "350104001",
    "occurred_at": "2025-03-01T10:15:30+08:00",
}


def refused(event: str, payload: Mapping[str, object]) -> CatalogError:
    with pytest.raises(CatalogError) as error:
        catalog.check_payload(event, payload)
    return error.value


def test_a_declared_payload_passes() -> None:
    catalog.check_payload("alert.opened", OPENED)
    catalog.check_payload("alert.opened", {k: OPENED[k] for k in catalog.events()["alert.opened"].required})
    catalog.check_payload("alert.opened", {**OPENED, "place": None})
    catalog.check_payload("alert.opened", {**OPENED, "alert_id": 7})


def test_an_undeclared_event_is_refused() -> None:
    assert refused("alert.vanished", {}).code == "event_unknown"


@pytest.mark.parametrize("name", ["alert_id", "fraud_type", "level", "source", "amount_minor", "paid"])
def test_a_missing_field_is_named(name: str) -> None:
    error = refused("alert.opened", {k: v for k, v in OPENED.items() if k != name})
    assert error.code == "payload_refused"
    assert error.facts == {"event": "alert.opened", "field": name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("person_name", "王小明"),
        ("source", "x" * 65),
        ("source", "王小明"),
        ("source", "two words"),
        ("source", "13812345678"),
        ("source", "bank:350104199001011234"),
        ("source", ""),
        ("source", 1),
        ("source", None),
        ("alert_id", 13_812_345_678),
        ("alert_id", True),
        ("alert_id", 0),
        ("alert_id", "13812345678"),
        ("amount_minor", 1.5),
        ("amount_minor", "500"),
        ("amount_minor", True),
        ("amount_minor", 2**63),
        ("paid", "true"),
        ("paid", 1),
        ("place", "3501040011"),
        ("place", "\u0663" * 6),
        ("occurred_at", "2025-03-01T10:15:30"),
        ("occurred_at", "yesterday"),
        ("place", ["350104"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_not_repeated(name: str, value: object) -> None:
    error = refused("alert.opened", {**OPENED, name: value})
    assert error.facts["field"] == name
    if isinstance(value, str) and len(value) > 4:
        assert value not in str(error)


def test_a_digest_is_a_whole_hash_in_lower_case() -> None:
    made = {"paper_id": "01936a0e-7c00-7abc-8def-0123456789ab", "kind": "freeze_notice"}
    catalog.check_payload("paper.made", {**made, "content_digest": "0123456789abcdef" * 4})
    for value in ("0" * 63, "0" * 65, "A" * 64, "g" * 64, "13812345678", 10**63, None, ""):
        error = refused("paper.made", {**made, "content_digest": value})
        assert error.facts["field"] == "content_digest"
    # 64 digits that are not declared as a digest could be anybody's numbers
    assert (
        refused("paper.made", {**made, "kind": "1" * 64, "content_digest": "1" * 64}).facts["field"] == "kind"
    )


@given(st.text(min_size=1).filter(lambda text: not text.isascii() or " " in text or len(text) > 64))
def test_no_words_of_any_language_get_in_by_any_field(text: str) -> None:
    for event in catalog.events().values():
        for name in event.required | event.optional:
            assert (
                refused(event.code, {**dict.fromkeys(event.required, text), name: text}).code
                == "payload_refused"
            )


def test_the_feed_of_the_wall_covers_every_status_change() -> None:
    events = catalog.events()
    assert len(events) >= 32
    assert all(event.wall for code, event in events.items() if code.startswith(("alert.", "work_order.")))
    alerts = [event for code, event in events.items() if code.startswith("alert.")]
    assert all(event.required["alert_id"] == "id" for event in alerts)
    orders = [event for code, event in events.items() if code.startswith("work_order.")]
    assert all({"work_order_id", "alert_id", "kind"} <= event.required.keys() for event in orders)
    assert "outcome" in events["alert.closed"].required
    assert "outcome" in events["work_order.completed"].required
