"""Messages of tests: a stop and its answer as they stand, and strategies that draw any, or spoil one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    FailureCode,
    Official,
    OrderKind,
    OrderMessage,
    Organisation,
    Payer,
    Result,
    Target,
)
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.risk_platform import ABOUT_STOPS, SUPPLEMENTS, read_answer, read_order

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ORDER = OrderMessage(
    order_id="019cac46-1500-76fc-a669-59d5b1fb69c9",
    kind=OrderKind.STOP,
    institution="icbc",
    target=Target.ACCOUNT,
    case_number="A3501020000002026030001",
    case_type="T01",
    urgent=True,
    account=Account("6222021602001234567", "王小明", "icbc", "中国工商银行"),
    payer=Payer("6217001820001234567", "陈秀英", "ccb", "中国建设银行"),
    amount_minor=5_000_000,
    transfer_at=AT - timedelta(minutes=5),
    reason="电信网络诈骗",
    remark="请立即止付\n一级账户",
    starts_at=AT,
    expires_at=AT + timedelta(minutes=30),
    applied_at=AT,
    organisation=Organisation("350100000000", "福州市反诈中心"),
    operator=Official("01", "350102199001011234", "林警官", "0591-0000000"),
    investigator=Official("01", "350102199001011235", "陈警官"),
)
ANSWER = AnswerMessage(
    order_id=ORDER.order_id,
    kind=OrderKind.STOP,
    institution="icbc",
    result=Result.OK,
    answer_id="20260302-000017",
    answered_at=AT,
    account_number="6222021602001234567",
    balance_minor=4_812_345,
    starts_at=AT,
    ends_at=AT + timedelta(hours=48),
    organisation=Organisation("icbc", "中国工商银行"),
    operator=Official("99", "0017", "柜员"),
)

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
free = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\r\t"), max_size=80)
filled = names.filter(str.strip)
marks = st.from_regex(r"[0-9A-Za-z_.-]{1,32}", fullmatch=True)
numbers = st.from_regex(r"[0-9A-Za-z._@+-]{4,64}", fullmatch=True)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
amounts = st.integers(0, 10**17)
officials = st.builds(Official, id_type=marks, id=filled.map(lambda name: name[:32]).filter(str.strip),
                      name=filled, phone=names.map(lambda name: name[:32]))  # fmt: skip
organisations = st.builds(Organisation, id=marks, name=names)
accounts = st.builds(Account, numbers, names, marks | st.just(""), names, st.sampled_from(["01", "02"]))
payers = st.builds(Payer, numbers, names, marks | st.just(""), names)
ids = st.uuids().map(str)


@st.composite
def orders(draw: st.DrawFn) -> OrderMessage:
    kind = draw(st.sampled_from(ABOUT_STOPS))
    moved = draw(st.none() | st.tuples(amounts, instants))
    return OrderMessage(
        order_id=draw(ids),
        kind=kind,
        institution=draw(marks),
        target=draw(st.sampled_from(Target)),
        case_number=draw(marks),
        case_type=draw(marks | st.just("")),
        urgent=draw(st.booleans()),
        account=draw(accounts),
        payer=draw(st.none() | payers),
        currency=draw(st.sampled_from(["CNY", "USD"])),
        amount_minor=moved and moved[0],
        transfer_at=moved and moved[1],
        reason=draw(free),
        remark=draw(free),
        starts_at=draw(st.none() | instants),
        expires_at=draw(instants),
        applied_at=draw(instants),
        original_order_id=draw(ids if kind is not OrderKind.STOP else ids | st.none()),
        supplement=draw(st.sampled_from(list(SUPPLEMENTS))),
        organisation=draw(organisations),
        operator=draw(officials),
        investigator=draw(st.none() | officials),
    )


@st.composite
def answers(draw: st.DrawFn) -> AnswerMessage:
    failure = draw(st.none() | st.sampled_from(FailureCode))
    starts_at = draw(instants)
    return AnswerMessage(
        order_id=draw(ids),
        kind=draw(st.sampled_from(ABOUT_STOPS)),
        institution=draw(marks),
        result=Result.FAILED if failure else Result.OK,
        answer_id=draw(marks),
        answered_at=draw(instants),
        account_number=draw(numbers),
        card_number=draw(numbers | st.just("")),
        currency="CNY",
        balance_minor=draw(st.none() | amounts),
        starts_at=starts_at,
        ends_at=starts_at + draw(st.timedeltas(timedelta(), timedelta(days=4))),
        failure_code=failure,
        failure_cause=draw(free) if failure else "",
        remark=draw(free),
        organisation=draw(organisations),
        operator=draw(officials),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def wrong(changes: dict[str, Any], *, of: bytes) -> bytes:
    """A message with fields changed, or left out where the value is `...`."""
    found = json.loads(of) | changes
    return json.dumps({name: value for name, value in found.items() if value is not ...}).encode()


def mutated(data: st.DataObject, valid: list[dict[str, Any]]) -> bytes:
    """One of the messages with one to three fields dropped, replaced or added."""
    found: dict[str, Any] = dict(data.draw(st.sampled_from(valid)))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(found) or ["TxCode"]))
        match data.draw(st.sampled_from(["drop", "replace", "add", "inner", "text"])):
            case "drop":
                found.pop(name, None)
            case "replace":
                found[name] = data.draw(json_values)
            case "add":
                found[data.draw(st.text(max_size=80))] = data.draw(json_values)
            case "inner" if name == "Lines" and isinstance(found[name], list):
                inner = st.sampled_from(["Ref", "Amount", "Interest", "Result", "FailureCause", "X"])
                found[name] = [{data.draw(inner): data.draw(json_values)}, *found[name]]
            case "inner" if isinstance(found.get(name), dict):
                found[name] = found[name] | {
                    data.draw(st.sampled_from(["ID", "Name", "FrozenBalance", "X"])): data.draw(json_values)
                }
            case _:
                found[name] = data.draw(st.text(max_size=40) | st.from_regex(r"[0-9T:+.Z-]{1,30}"))
    return json.dumps(found).encode()


def read_or_refuse(body: bytes) -> None:
    """Both readers give a message or refuse in one line; anything else fails the test."""
    for read in (lambda: read_answer(body), lambda: read_order(body, institution="icbc")):
        try:
            read()
        except MessageRefused as refused:
            line = str(refused)
            assert line.isprintable() and len(line) < 200
            assert refused.facts.keys() == {"field", "reason"}
