"""The words of the money page: sums that add up as shown, states, levels, cards and streams."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.web import chase, money, river

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
UNITS = {"zh-hans": {"": 1, "万": 10**4, "亿": 10**8}, "en": {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}}


def node(number: str = "6222 **** 8123", **more: Any) -> dict[str, Any]:
    """An account of a trace, as the bridge tells it."""
    plain = {
        "id": number, "number": number, "bank": "ccb", "bank_name": "建行", "level": 1, "tainted_in_minor": 5_000_000,
        "tainted_out_minor": 0, "held_minor": 5_000_000, "first_at": AT, "last_at": AT, "sink": None, "pinned": False,
        "ambiguous": False, "stop": None, "suggestion": None, "is_victim": False,
    }  # fmt: skip
    return plain | more


def edge(source: str, target: str, **more: Any) -> dict[str, Any]:
    """A stream between two of them."""
    plain = {
        "source": source, "target": target, "amount_minor": 6_000_000, "tainted_minor": 5_000_000, "count": 2,
        "first_at": AT, "last_at": AT, "seed": False,
    }  # fmt: skip
    return plain | more


def tenths(text: str, language: str) -> int:
    """What a short sum says, in tenths of its unit."""
    digits = text.rstrip("万亿kMB")
    return round(float(digits.replace(",", "")) * (100 if digits == text else 10))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@given(parts=st.lists(st.integers(0, 10**14), min_size=1, max_size=5))
def test_what_is_shown_adds_up_and_is_near_what_is(language: str, parts: list[int]) -> None:
    with translation.override(language):
        whole, *told = money.adding_up(parts)
    assert tenths(whole["short"], language) == sum(tenths(each["short"], language) for each in told)
    assert len({each["short"].lstrip("0123456789.,") for each in (whole, *told)}) == 1
    unit = UNITS[language][whole["short"].lstrip("0123456789.,")]
    for each, minor in zip((whole, *told), (sum(parts), *parts), strict=True):
        assert each["full"].replace(",", "") == f"{minor // 100}.{minor % 100:02}"
        shown = tenths(each["short"], language) * unit * (10 if unit > 1 else 1)
        assert abs(shown - minor) <= 10 * unit if unit > 1 else shown == minor


def test_a_tenth_goes_to_the_part_that_lacks_least() -> None:
    with translation.override("zh-hans"):
        told = money.adding_up([1_010_000, 1_990_000])
    assert [each["short"] for each in told] == ["3.0万", "1.0万", "2.0万"]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"is_victim": True}, "victim"),
        ({"stop": {"id": "s", "status": "stopped"}}, "stopped"),
        ({"stop": {"id": "s", "status": "sent"}}, "held"),
        ({"held_minor": 0}, "moved"),
        ({"held_minor": None, "tainted_in_minor": None}, "moved"),
        ({"held_minor": 0, "sink": "cash_out"}, "out"),
    ],
)
def test_what_became_of_the_money_at_an_account(facts: dict[str, Any], state: str) -> None:
    assert money.state_of(node(**facts)) == state
    assert money.state_name(state)


def test_levels_count_in_characters_and_in_figures() -> None:
    names = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names[language] = [money.level_name(level) for level in (0, 1, 2, 10, 11, 23, 100)]
    assert names["zh-hans"] == ["付款方", "一级卡", "二级卡", "十级卡", "十一级卡", "二十三级卡", "100级卡"]
    assert names["en"] == ["Payer", "Level 1", "Level 2", "Level 10", "Level 11", "Level 23", "Level 100"]


def test_the_answer_tells_the_stopped_from_what_still_lies_open() -> None:
    totals = {
        "seeded_minor": 10_000_000,
        "held_minor": 7_000_000,
        "left_minor": 3_000_000,
        "displaced_minor": 0,
    }
    nodes = [
        node("a", held_minor=2_000_000, stop={"id": "s", "status": "stopped"}),
        node("b", held_minor=5_000_000),
    ]
    graph = {"run": {"totals": totals}, "nodes": nodes, "edges": []}
    with translation.override("zh-hans"):
        told = money.answer(graph)
    assert told and told["whole"] == {"short": "10.0万", "full": "100,000.00"}
    assert [(part["code"], part["sum"]["short"]) for part in told["parts"]] == [
        ("stopped", "2.0万"),
        ("held", "5.0万"),
        ("out", "3.0万"),
    ]
    assert money.answer(graph | {"run": {"totals": None}}) is None


def test_the_table_begins_with_what_can_be_saved() -> None:
    saving = {"id": "x", "version": 1, "savable_minor": 100, "chance_permille": 500, "reasons": []}
    nodes = [
        node("victim", is_victim=True, held_minor=0),
        node("passed", held_minor=0, level=2),
        node("little", held_minor=10),
        node("much", held_minor=9_000),
        node("urgent", held_minor=200, suggestion=saving),
    ]
    assert [row["id"] for row in money.accounts(nodes)] == ["urgent", "much", "little", "passed", "victim"]


def test_a_stream_has_the_colour_of_where_it_ends() -> None:
    graph = {
        "nodes": [
            node("v", is_victim=True, level=0),
            node("a", held_minor=0, tainted_out_minor=5_000_000),
            node("b", level=2, held_minor=1_250_000),
            node("c", level=2, sink="cash_out", held_minor=0),
        ],
        "edges": [edge("v", "a", seed=True), edge("a", "b"), edge("a", "c"), edge("a", "elsewhere")],
    }
    with translation.override("en"):
        drawn = river.drawing(graph)
    assert [(each["id"], each["state"]) for each in drawn["edges"]] == [
        ("v-a", "moved"),
        ("a-b", "held"),
        ("a-c", "out"),
    ]
    cards = {card["id"]: card for card in drawn["nodes"]}
    assert cards["b"]["share"] == 25 and cards["b"]["sum"] == "holds 12.5k"
    assert cards["c"]["sum"] == "Cash 50.0k" and cards["v"]["level"] == 0
    assert drawn["levels"] == {0: "Payer", 1: "Level 1", 2: "Level 2"} and drawn["first"] == "b"
    assert drawn["edges"][1]["tip"].startswith(
        "建行 a → 建行 b · 2 transfers · traced 50,000.00 · in all 60,000.00"
    )


def test_what_lies_around_an_account_stands_a_level_off_and_is_not_traced() -> None:
    graph = {"nodes": [node("v", is_victim=True, level=0), node("a", level=2)], "edges": []}
    near = {
        "nodes": [node("p"), node("q"), node("v")],
        "edges": [edge("p", "a", tainted_minor=0), edge("a", "q", tainted_minor=0)],
    }
    drawn = river.around(near, graph, "a")
    assert [(card["id"], card["level"], card["state"]) for card in drawn["nodes"]] == [
        ("p", 1, "other"),
        ("q", 3, "other"),
    ]
    assert {each["state"] for each in drawn["edges"]} == {"other"}


def suggestion(number: str, bank: str, savable: int) -> Any:
    """A suggestion of the chase, with what the desk reads of it."""
    reasons = [
        {"code": "held", "detail": {"amount": "1.00", "currency": "CNY"}},
        {"code": "age", "detail": {"minutes": 1}},
        {"code": "chance", "detail": {"minutes": 4, "percent": 80}},
    ]
    account = SimpleNamespace(number=SimpleNamespace(masked=number), bank="")
    return SimpleNamespace(
        id=number, version=1, came_at=AT, created_at=AT, account=account, account_id=number, bank=bank, level=3,
        held_minor=2 * savable, savable_minor=savable, chance_permille=500, reasons=reasons,
        case=SimpleNamespace(number="A1"), case_id="c",
    )  # fmt: skip


def test_suggestions_stand_under_their_bank_the_most_savable_first() -> None:
    found = [
        suggestion("a", "ccb", 1_000),
        suggestion("b", "icbc", 2_500),
        suggestion("c", "ccb", 2_000),
        suggestion("d", "", 1),
    ]
    with translation.override("zh-hans"):
        told = chase.by_bank(found, AT.replace(minute=2))
    assert [(bank["name"], bank["count"], [row["account"] for row in bank["rows"]]) for bank in told] == [
        ("建行", 2, ["c", "a"]),
        ("工行", 1, ["b"]),
        ("开户行不详", 1, ["d"]),
    ]
    first = told[0]["rows"][0]
    assert first["age"] == "2:00" and first["level_name"] == "三级卡" and len(first["reasons"]) == 2
    assert catalog.stop_reasons()["chance"].fill(minutes=4, percent=80).zh in first["reasons"]
