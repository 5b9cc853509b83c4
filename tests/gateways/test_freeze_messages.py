"""Messages about freezes survive the wire whole, carry their names and codes, and are refused with one line."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateways.drawn import (
    ANSWER,
    AT,
    ORDER,
    amounts,
    answers,
    filled,
    ids,
    instants,
    marks,
    mutated,
    numbers,
    orders,
    read_or_refuse,
    wrong,
)
from yipanqi.gateways.messages import (
    AnswerMessage,
    FailureCode,
    Former,
    FreezeKind,
    FreezeTerms,
    LineAnswer,
    OrderKind,
    OrderMessage,
    PayLine,
    Result,
    Target,
    answer_kind,
)
from yipanqi.gateways.platform_fields import MOST_LINES
from yipanqi.gateways.reading import MAX_BYTES, MessageRefused
from yipanqi.gateways.risk_platform import (
    ANSWER_CODES,
    ORDER_CODES,
    read_answer,
    read_order,
    write_answer,
    write_order,
)

KINDS = (
    OrderKind.FREEZE,
    OrderKind.RENEW,
    OrderKind.RELEASE,
    OrderKind.CUT,
    OrderKind.RETURN_MONEY,
)
TERMS = FreezeTerms(FreezeKind.AMOUNT, 4_812_345, AT, AT + timedelta(days=181), True, "刑冻字〔2026〕12号")
LINES = (
    PayLine("1", "6217001820001234567", "陈秀英", "ccb", 2_000_000, 315),
    PayLine("2", "6217001820007654321", "赵平", "ccb", 100),
)
PLAIN = replace(
    ORDER, payer=None, amount_minor=None, transfer_at=None, starts_at=None, original_order_id=ORDER.order_id
)
FREEZE = replace(PLAIN, kind=OrderKind.FREEZE, freeze=TERMS)
BY_KIND = {
    OrderKind.FREEZE: FREEZE,
    OrderKind.RENEW: replace(FREEZE, kind=OrderKind.RENEW),
    OrderKind.RELEASE: replace(PLAIN, kind=OrderKind.RELEASE),
    OrderKind.CUT: replace(PLAIN, kind=OrderKind.CUT, release_minor=100),
    OrderKind.RETURN_MONEY: replace(PLAIN, kind=OrderKind.RETURN_MONEY, lines=LINES),
}
HELD = replace(
    ANSWER, kind=OrderKind.FREEZE, ends_at=TERMS.until_at, applied_minor=4_812_345, frozen_minor=0,
    available_minor=0, former=Former("厦门市公安局", 4_812_345, AT + timedelta(days=30)),
)  # fmt: skip
TOLD = {
    OrderKind.FREEZE: HELD,
    OrderKind.RENEW: replace(ANSWER, kind=OrderKind.RENEW, frozen_minor=5),
    OrderKind.RELEASE: replace(
        ANSWER, kind=OrderKind.RELEASE, released_minor=100, released_at=AT, frozen_minor=7
    ),
    OrderKind.RETURN_MONEY: replace(
        ANSWER,
        kind=OrderKind.RETURN_MONEY,
        frozen_minor=0,
        receipt_number="回执7",
        lines=(LineAnswer("1", Result.OK), LineAnswer("2", Result.FAILED, FailureCode.PAYEE_UNKNOWN, "name")),
    ),
}
kinds = st.sampled_from(KINDS)
documents = filled.map(lambda text: text[:60]).filter(str.strip)


@st.composite
def terms(draw: st.DrawFn) -> FreezeTerms:
    start = draw(instants)
    lasts = draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=800)))
    kind, asked = draw(st.sampled_from(FreezeKind)), draw(st.integers(1, 10**17))
    return FreezeTerms(kind, asked, start, start + lasts, draw(st.booleans()), draw(documents))


@st.composite
def freeze_orders(draw: st.DrawFn) -> OrderMessage:
    kind = draw(kinds)
    given_: dict[str, Any] = {"kind": kind, "target": Target.ACCOUNT, "original_order_id": draw(ids)}
    if kind in {OrderKind.FREEZE, OrderKind.RENEW}:
        given_ |= {"freeze": draw(terms()), "starts_at": None}
    if kind is OrderKind.FREEZE and draw(st.booleans()):
        given_["original_order_id"] = None
    if kind is OrderKind.CUT:
        given_["release_minor"] = draw(st.integers(1, 10**17))
    if kind is OrderKind.RETURN_MONEY:
        line = st.builds(PayLine, marks, numbers, filled, marks, st.integers(1, 10**17), amounts)
        given_["lines"] = tuple(draw(st.lists(line, min_size=1, max_size=5, unique_by=lambda each: each.ref)))
    return replace(draw(orders()), **given_)


def line_answers() -> st.SearchStrategy[LineAnswer]:
    failed = st.builds(
        LineAnswer, marks, st.just(Result.FAILED), st.sampled_from(FailureCode), st.just("") | filled
    )
    return failed | st.builds(LineAnswer, marks, st.just(Result.OK))


@st.composite
def freeze_answers(draw: st.DrawFn) -> AnswerMessage:
    answer = draw(answers())
    kind = answer_kind(draw(kinds))
    given_: dict[str, Any] = {"kind": kind, "frozen_minor": draw(amounts)}
    if kind is OrderKind.FREEZE:
        given_ |= {name: draw(st.none() | amounts) for name in ("applied_minor", "available_minor")}
        former = st.builds(Former, documents, st.none() | amounts, st.none() | instants, st.just("USD"))
        given_["former"] = draw(st.none() | former)
    if kind is OrderKind.RELEASE:
        given_ |= {"released_minor": draw(amounts), "released_at": draw(instants)}
    if kind is OrderKind.RETURN_MONEY:
        given_["receipt_number"] = draw(documents)
        found = draw(st.lists(line_answers(), min_size=1, max_size=5, unique_by=lambda each: each.ref))
        given_["lines"] = tuple(found)
    return replace(answer, **given_)


@given(freeze_orders())
def test_an_order_survives_the_wire(order: OrderMessage) -> None:
    assert read_order(write_order(order), institution=order.institution) == order


@given(freeze_answers())
def test_an_answer_survives_the_wire(answer: AnswerMessage) -> None:
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize(
    ("kind", "codes", "carried"),
    [
        (OrderKind.FREEZE, ("100201", "100202"), {
            "FreezeType": "01", "Balance": "48123.45", "FreezeStartTime": "2026-03-02T02:00:00+00:00",
            "ExpireTime": "2026-08-30T02:00:00+00:00", "OrderValidUntil": "2026-03-02T02:30:00+00:00",
            "CoversInterest": "1", "DocumentNumber": "刑冻字〔2026〕12号", "Remark": ORDER.remark}),
        (OrderKind.RENEW, ("100205", "100206"), {
            "PostponeStartTime": "2026-03-02T02:00:00+00:00", "ExpireTime": "2026-08-30T02:00:00+00:00",
            "ExtendRemark": ORDER.remark}),
        (OrderKind.RELEASE, ("100203", "100204"), {
            "ExpireTime": "2026-03-02T02:30:00+00:00", "WithdrawalRemark": ORDER.remark}),
        (OrderKind.CUT, ("100203", "100204"), {"UnfreezeBalance": "1.00", "WithdrawalRemark": ORDER.remark}),
        (OrderKind.RETURN_MONEY, ("H00201", "H00202"), {
            "Remark": ORDER.remark, "Lines": [
                {"Ref": "1", "AccountNumber": "6217001820001234567", "AccountName": "陈秀英", "BankID": "ccb",
                 "Amount": "20000.00", "Interest": "3.15"},
                {"Ref": "2", "AccountNumber": "6217001820007654321", "AccountName": "赵平", "BankID": "ccb",
                 "Amount": "1.00", "Interest": "0.00"}]}),
    ],
)  # fmt: skip
def test_each_order_carries_its_names_and_codes(
    kind: OrderKind, codes: tuple[str, str], carried: dict[str, Any]
) -> None:
    found = json.loads(write_order(BY_KIND[kind]))
    assert (found["TxCode"], ANSWER_CODES[kind]) == codes == (ORDER_CODES[kind], ANSWER_CODES[kind])
    assert found | carried == found
    assert read_order(json.dumps(found).encode(), institution="icbc").kind is kind


def test_answers_carry_the_platform_s_names() -> None:
    found = json.loads(write_answer(HELD))
    assert found["TxCode"] == "100202" and found["FrozenBalance"] == "0.00"
    assert (found["AppliedBalance"], found["AccountAvailableBalance"]) == ("48123.45", "0.00")
    assert found["Former"] == {
        "ApplicationDepartment": "厦门市公安局",
        "FrozenBalance": "48123.45",
        "FrozenCurrency": "CNY",
        "FrozenExpireTime": "2026-04-01T02:00:00+00:00",
    }
    found = json.loads(write_answer(TOLD[OrderKind.RELEASE]))
    assert (found["UnfreezeBalance"], found["FrozenBalance"]) == ("1.00", "0.07")
    assert found["WithdrawalTime"] == "2026-03-02T02:00:00+00:00"
    assert json.loads(write_answer(TOLD[OrderKind.RETURN_MONEY]))["Lines"] == [
        {"Ref": "1", "Result": "100000"},
        {"Ref": "2", "Result": "111111", "FailureCause": "payee_unknown:name"},
    ]


def line(**changes: Any) -> dict[str, Any]:
    found = json.loads(write_order(BY_KIND[OrderKind.RETURN_MONEY]))["Lines"][0] | changes
    return {"Lines": [{name: value for name, value in found.items() if value is not ...}]}


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (OrderKind.FREEZE, {"FreezeType": "03"}, "FreezeType: not one of 01, 02"),
        (OrderKind.FREEZE, {"Balance": ...}, "Balance: missing"),
        (OrderKind.FREEZE, {"Balance": "0.00"}, "Balance: less than 0.01"),
        (OrderKind.FREEZE, {"FreezeStartTime": ...}, "FreezeStartTime: missing"),
        (OrderKind.FREEZE, {"ExpireTime": "2026-03-02T02:00:00Z"}, "ExpireTime: not after FreezeStartTime"),
        (OrderKind.RENEW, {"ExpireTime": "2026-03-01T02:00:00Z"}, "ExpireTime: not after PostponeStartTime"),
        (OrderKind.FREEZE, {"OrderValidUntil": ...}, "OrderValidUntil: missing"),
        (OrderKind.FREEZE, {"CoversInterest": "yes"}, "CoversInterest: not one of 0, 1"),
        (OrderKind.FREEZE, {"DocumentNumber": ...}, "DocumentNumber: missing"),
        (OrderKind.FREEZE, {"TargetType": "phone"}, "TargetType: not one of account"),
        (OrderKind.FREEZE, {"Lines": []}, "Lines: no such field"),
        (OrderKind.RENEW, {"OriginalApplicationID": ...}, "OriginalApplicationID: missing"),
        (OrderKind.RELEASE, {"OriginalApplicationID": ...}, "OriginalApplicationID: missing"),
        (OrderKind.RELEASE, {"FrozenBalance": "1"}, "FrozenBalance: no such field"),
        (OrderKind.CUT, {"UnfreezeBalance": "0.00"}, "UnfreezeBalance: less than 0.01"),
        (OrderKind.CUT, {"UnfreezeBalance": ""}, "UnfreezeBalance: missing"),
        (OrderKind.RETURN_MONEY, {"Lines": ...}, "Lines: missing"),
        (OrderKind.RETURN_MONEY, {"Lines": {}}, "Lines: not a list"),
        (OrderKind.RETURN_MONEY, {"Lines": ["x"]}, "Lines[0]: not an object"),
        (OrderKind.RETURN_MONEY, line(Amount=...), "Lines[0].Amount: missing"),
        (OrderKind.RETURN_MONEY, line(Amount="0", Interest="0"), "Lines[0].Amount: nothing to pay"),
        (OrderKind.RETURN_MONEY, line(Amount="-5"), "Lines[0].Amount: not an amount such as 50000.00"),
        (OrderKind.RETURN_MONEY, line(AccountName=""), "Lines[0].AccountName: missing"),
        (OrderKind.RETURN_MONEY, line(BankID="建行"), "Lines[0].BankID: not letters, digits and _ . - only"),
        (OrderKind.RETURN_MONEY, line(Fee="1.00"), "Lines[0].Fee: no such field"),
        (OrderKind.RETURN_MONEY, {"Lines": line()["Lines"] * 2}, "Lines: a Ref stands twice"),
    ],
)
def test_a_wrong_order_is_refused_in_one_line(kind: OrderKind, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_order(wrong(changes, of=write_order(BY_KIND[kind])), institution="icbc")
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (OrderKind.FREEZE, {"FrozenBalance": ...}, "FrozenBalance: missing"),
        (OrderKind.FREEZE, {"StartTime": ...}, "StartTime: missing"),
        (OrderKind.FREEZE, {"EndTime": ...}, "EndTime: missing"),
        (OrderKind.FREEZE, {"Former": {}}, "Former.ApplicationDepartment: missing"),
        (OrderKind.FREEZE, {"Former": []}, "Former: not an object"),
        (OrderKind.FREEZE, {"UnfreezeBalance": "1"}, "UnfreezeBalance: no such field"),
        (OrderKind.RENEW, {"EndTime": ...}, "EndTime: missing"),
        (OrderKind.RENEW, {"FrozenBalance": "x"}, "FrozenBalance: not an amount such as 50000.00"),
        (OrderKind.RELEASE, {"WithdrawalTime": ...}, "WithdrawalTime: missing"),
        (OrderKind.RELEASE, {"UnfreezeBalance": ...}, "UnfreezeBalance: missing"),
        (OrderKind.RETURN_MONEY, {"Lines": []}, "Lines: missing"),
        (OrderKind.RETURN_MONEY, {"ReceiptNumber": ...}, "ReceiptNumber: missing"),
        (OrderKind.RETURN_MONEY, {"Lines": [{"Ref": "1", "Result": "111111"}]},
         "Lines[0].FailureCause: missing"),
        (OrderKind.RETURN_MONEY, {"Lines": [{"Ref": "1", "Result": "100000", "FailureCause": "x"}]},
         "Lines[0].FailureCause: given although the Result is success"),
        (OrderKind.RETURN_MONEY, {"Lines": [{"Ref": "1", "Result": "100000"}] * 2}, "Lines: a Ref stands twice"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_refused_in_one_line(kind: OrderKind, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_answer(wrong(changes, of=write_answer(TOLD[kind])))
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (replace(FREEZE, freeze=None), "FreezeType: missing"),
        (replace(FREEZE, starts_at=AT), "starts_at: not carried by this kind of message"),
        (replace(FREEZE, release_minor=1), "UnfreezeBalance: no such field"),
        (replace(FREEZE, lines=LINES), "Lines: no such field"),
        (replace(BY_KIND[OrderKind.CUT], release_minor=None), "kind: not carried by this kind of message"),
        (replace(BY_KIND[OrderKind.RELEASE], release_minor=1), "kind: not carried by this kind of message"),
        (replace(BY_KIND[OrderKind.RELEASE], freeze=TERMS), "OrderValidUntil: no such field"),
        (replace(FREEZE, freeze=replace(TERMS, asked_minor=0)), "Balance: less than 0.01"),
        (replace(ORDER, freeze=TERMS), "OrderValidUntil: no such field"),
    ],
)
def test_no_order_is_written_that_would_be_read_otherwise(order: OrderMessage, said: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        write_order(order)
    assert str(refused.value) == said


def test_a_cut_is_answered_as_a_release() -> None:
    assert {answer_kind(kind) for kind in (OrderKind.CUT, OrderKind.RELEASE)} == {OrderKind.RELEASE}
    assert all(answer_kind(kind) is kind for kind in OrderKind if kind is not OrderKind.CUT)
    with pytest.raises(MessageRefused) as refused:
        write_answer(replace(TOLD[OrderKind.RELEASE], kind=OrderKind.CUT))
    assert str(refused.value) == "kind: not carried by this kind of message"


def test_as_many_lines_as_are_allowed_find_room() -> None:
    order = BY_KIND[OrderKind.RETURN_MONEY]
    full = replace(LINES[0], name="陈" * 20)
    many = tuple(replace(full, ref=f"019cac46-1500-76fc-a669-{number:012d}") for number in range(MOST_LINES))
    assert len(write_order(replace(order, lines=many))) < MAX_BYTES
    with pytest.raises(MessageRefused) as refused:
        write_order(replace(order, lines=(*many, LINES[0])))
    assert str(refused.value) == f"Lines: more than {MOST_LINES}"


VALID = [
    *(json.loads(write_order(order)) for order in BY_KIND.values()),
    *(json.loads(write_answer(answer)) for answer in TOLD.values()),
]


@given(st.data())
def test_mutations_of_good_messages_are_read_or_refused(data: st.DataObject) -> None:
    read_or_refuse(mutated(data, VALID))


@given(st.sampled_from([json.dumps(each).encode() for each in VALID]), st.integers(0), st.binary(max_size=3))
def test_bytes_changed_on_the_way_are_read_or_refused(body: bytes, place: int, bytes_: bytes) -> None:
    place %= len(body)
    read_or_refuse(body[:place] + bytes_ + body[place + 1 :])
