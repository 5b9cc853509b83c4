"""Messages survive the wire whole; what is not a message is refused with one line, whatever it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
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
from yipanqi.gateways.reading import MAX_BYTES, MessageRefused
from yipanqi.gateways.risk_platform import SUPPLEMENTS, read_answer, read_order, write_answer, write_order
from yipanqi.kernel.clock import ClockError

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
    kind = draw(st.sampled_from(OrderKind))
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
        kind=draw(st.sampled_from(OrderKind)),
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


@given(orders())
def test_an_order_survives_the_wire(order: OrderMessage) -> None:
    assert read_order(write_order(order), institution=order.institution) == order


@given(answers())
def test_an_answer_survives_the_wire(answer: AnswerMessage) -> None:
    assert read_answer(write_answer(answer)) == answer


def test_the_order_carries_the_platform_s_names_and_codes() -> None:
    found = json.loads(write_order(ORDER))
    assert found == {
        "TransSerialNumber": ORDER.order_id,
        "MessageFrom": "yipanqi",
        "TxCode": "100101",
        "TargetType": "account",
        "ApplicationID": ORDER.order_id,
        "ApplicationType": "00",
        "CaseNumber": "A3501020000002026030001",
        "CaseType": "T01",
        "EmergencyLevel": "02",
        "TransferOut": {
            "BankID": "ccb",
            "BankName": "中国建设银行",
            "AccountName": "陈秀英",
            "AccountNumber": "6217001820001234567",
        },
        "Currency": "CNY",
        "TransferAmount": "50000.00",
        "TransferTime": "2026-03-02T01:55:00+00:00",
        "BankID": "icbc",
        "BankName": "中国工商银行",
        "AccountType": "01",
        "AccountName": "王小明",
        "AccountNumber": "6222021602001234567",
        "Reason": "电信网络诈骗",
        "Remark": "请立即止付\n一级账户",
        "StartTime": "2026-03-02T02:00:00+00:00",
        "ExpireTime": "2026-03-02T02:30:00+00:00",
        "ApplicationTime": "2026-03-02T02:00:00+00:00",
        "ApplicationOrg": {"ID": "350100000000", "Name": "福州市反诈中心"},
        "Operator": {"IDType": "01", "ID": "350102199001011234", "Name": "林警官", "Phone": "0591-0000000"},
        "Investigator": {"IDType": "01", "ID": "350102199001011235", "Name": "陈警官", "Phone": ""},
    }


@pytest.mark.parametrize(
    ("kind", "order_code", "answer_code", "names"),
    [
        (OrderKind.STOP, "100101", "100102", {"Remark", "StartTime"}),
        (OrderKind.LIFT, "100103", "100104", {"WithdrawalRemark", "StartTime"}),
        (OrderKind.EXTEND, "100105", "100106", {"ExtendRemark", "PostponeStartTime"}),
    ],
)
def test_each_kind_has_its_codes(kind: OrderKind, order_code: str, answer_code: str, names: set[str]) -> None:
    order = json.loads(write_order(replace(ORDER, kind=kind, original_order_id=ORDER.order_id)))
    assert order["TxCode"] == order_code and names <= order.keys()
    assert json.loads(write_answer(replace(ANSWER, kind=kind)))["TxCode"] == answer_code


def test_results_and_causes_as_the_platform_writes_them() -> None:
    found = json.loads(write_answer(ANSWER))
    assert (found["Result"], found["AccountBalance"]) == ("100000", "48123.45")
    failed = replace(ANSWER, result=Result.FAILED, failure_code=FailureCode.MISMATCH, failure_cause="amount")
    found = json.loads(write_answer(failed))
    assert (found["Result"], found["FailureCause"]) == ("111111", "mismatch:amount")
    other = read_answer(json.dumps(found | {"FailureCause": "账户已销户"}).encode())
    assert (other.failure_code, other.failure_cause) == (FailureCode.OTHER, "账户已销户")


def wrong(changes: dict[str, Any], *, of: bytes) -> bytes:
    """A message with fields changed, or left out where the value is `...`."""
    found = json.loads(of) | changes
    return json.dumps({name: value for name, value in found.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"TxCode": "100201"}, "TxCode: not one of 100101, 100103, 100105"),
        ({"TxCode": ...}, "TxCode: missing"),
        ({"ApplicationID": "7"}, "ApplicationID: not a UUID in lower-case letters with dashes"),
        ({"ApplicationID": ...}, "ApplicationID: missing"),
        ({"TransferAmount": "5万"}, "TransferAmount: not an amount such as 50000.00"),
        ({"TransferAmount": "1e4"}, "TransferAmount: not an amount such as 50000.00"),
        ({"TransferAmount": "-1.00"}, "TransferAmount: not an amount such as 50000.00"),
        ({"TransferAmount": "１２.00"}, "TransferAmount: not an amount such as 50000.00"),
        ({"TransferAmount": 50000}, "TransferAmount: not text"),
        ({"TransferAmount": ...}, "TransferTime: TransferAmount and TransferTime go together"),
        ({"TransferTime": "20260302095500"}, "TransferTime: not a time such as 2026-03-02T10:15:30+08:00"),
        ({"TransferTime": "2026-03-02T09:55:00"}, "TransferTime: not a time such as 2026-03-02T10:15:30+08:00"),
        ({"ExpireTime": "0001-01-01T00:00:00+23:59"}, "ExpireTime: not a time such as 2026-03-02T10:15:30+08:00"),
        ({"ExpireTime": "2026-02-30T00:00:00Z"}, "ExpireTime: not a time such as 2026-03-02T10:15:30+08:00"),
        ({"ExpireTime": ...}, "ExpireTime: missing"),
        ({"AccountNumber": "1"}, "AccountNumber: not an account number: 4 to 64 letters, digits and . _ @ + -"),
        ({"AccountName": "王" * 101}, "AccountName: longer than 100 characters"),
        ({"AccountName": "王\u0000"}, "AccountName: has control characters"),
        ({"AccountName": None}, "AccountName: not text"),
        ({"EmergencyLevel": "03"}, "EmergencyLevel: not one of 01, 02"),
        ({"Operator": ...}, "Operator: missing"),
        ({"Operator": []}, "Operator: not an object"),
        ({"Operator": {"IDType": "01", "ID": "1", "Name": ""}}, "Operator.Name: missing"),
        ({"Operator": {"IDType": "01", "ID": "1", "Name": "林", "Rank": "1"}}, "Operator.Rank: no such field"),
        ({"Unheard": "1"}, "Unheard: no such field"),
        ({"无": "1"}, "a field: no such field"),
        ({"TxCode": "100103", "Remark": ...}, "OriginalApplicationID: missing"),
    ],
)  # fmt: skip
def test_a_wrong_order_is_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_order(wrong(changes, of=write_order(ORDER)), institution="icbc")
    field, _, reason = line.partition(": ")
    assert str(refused.value) == line
    assert refused.value.facts == {"field": field, "reason": reason}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"Result": "0"}, "Result: not one of 100000, 111111"),
        ({"Result": "111111"}, "FailureCause: missing"),
        ({"FailureCause": "mismatch:name"}, "FailureCause: given although the Result is success"),
        ({"StartTime": ...}, "StartTime: missing"),
        ({"EndTime": ...}, "EndTime: missing"),
        ({"EndTime": "2026-03-02T01:00:00Z"}, "EndTime: before StartTime"),
        ({"AccountBalance": "1.234"}, "AccountBalance: not an amount such as 50000.00"),
        ({"TransSerialNumber": ...}, "TransSerialNumber: missing"),
    ],
)
def test_a_wrong_answer_is_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_answer(wrong(changes, of=write_answer(ANSWER)))
    assert str(refused.value) == line


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "body: not JSON"),
        (b"\xff", "body: not JSON"),
        (b"[]", "body: not an object"),
        (b"[" * 50_000, "body: not JSON"),
        (b'{"a": 1, "a": 2}', "body: a name stands twice in one object"),
        (b'"' + b"a" * MAX_BYTES + b'"', f"body: longer than {MAX_BYTES} bytes"),
        (b'{"TransSerialNumber": ' + b"9" * 5000 + b"}", "body: not JSON"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, line: str) -> None:
    for read in (lambda: read_answer(body), lambda: read_order(body, institution="icbc")):
        with pytest.raises(MessageRefused) as refused:
            read()
        assert str(refused.value) == line


def test_nothing_is_written_that_no_reader_takes() -> None:
    for changes in ({"reason": "长" * 201}, {"case_number": ""}, {"remark": "\ud800"}, {"amount_minor": -1}):
        with pytest.raises(MessageRefused):
            write_order(replace(ORDER, **changes))  # type: ignore[arg-type]
    with pytest.raises(ClockError):
        write_order(replace(ORDER, expires_at=datetime(2026, 3, 2)))
    with pytest.raises(MessageRefused):
        write_answer(replace(ANSWER, result=Result.FAILED))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
VALID = [json.loads(write_order(ORDER)), json.loads(write_answer(ANSWER))]


def read_or_refuse(body: bytes) -> None:
    """Both readers give a message or refuse in one line; anything else fails the test."""
    for read in (lambda: read_answer(body), lambda: read_order(body, institution="icbc")):
        try:
            read()
        except MessageRefused as refused:
            line = str(refused)
            assert line.isprintable() and len(line) < 200
            assert refused.facts.keys() == {"field", "reason"}


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_random_bodies_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(body)


@given(st.data())
def test_mutations_of_good_messages_are_read_or_refused(data: st.DataObject) -> None:
    found: dict[str, Any] = dict(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(found) or ["TxCode"]))
        match data.draw(st.sampled_from(["drop", "replace", "add", "inner", "text"])):
            case "drop":
                found.pop(name, None)
            case "replace":
                found[name] = data.draw(json_values)
            case "add":
                found[data.draw(st.text(max_size=80))] = data.draw(json_values)
            case "inner" if isinstance(found.get(name), dict):
                found[name] = found[name] | {
                    data.draw(st.sampled_from(["ID", "Name", "X"])): data.draw(json_values)
                }
            case _:
                found[name] = data.draw(st.text(max_size=40) | st.from_regex(r"[0-9T:+.Z-]{1,30}"))
    read_or_refuse(json.dumps(found).encode())


@given(st.sampled_from([write_order(ORDER), write_answer(ANSWER)]), st.integers(0), st.binary(max_size=3))
def test_bytes_changed_on_the_way_are_read_or_refused(body: bytes, place: int, bytes_: bytes) -> None:
    place %= len(body)
    read_or_refuse(body[:place] + bytes_ + body[place + 1 :])
