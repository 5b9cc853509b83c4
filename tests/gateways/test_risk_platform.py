"""Messages survive the wire whole; what is not a message is refused with one line, whatever it is."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateways.drawn import (
    ANSWER,
    ORDER,
    answers,
    json_values,
    mutated,
    orders,
    read_or_refuse,
    wrong,
)
from yipanqi.gateways.messages import AnswerMessage, FailureCode, OrderKind, OrderMessage, Result
from yipanqi.gateways.reading import MAX_BYTES, MessageRefused
from yipanqi.gateways.risk_platform import read_answer, read_order, write_answer, write_order
from yipanqi.kernel.clock import ClockError


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


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"TxCode": "100301"}, "TxCode: not one of 100101, 100103, 100105, 100201, 100205, 100203, H00201"),
        ({"TxCode": "100201"}, "FreezeType: missing"),
        ({"UnfreezeBalance": "1.00"}, "UnfreezeBalance: no such field"),
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
        ({"FrozenBalance": "1.00"}, "FrozenBalance: no such field"),
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


VALID = [json.loads(write_order(ORDER)), json.loads(write_answer(ANSWER))]


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_random_bodies_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(body)


@given(st.data())
def test_mutations_of_good_messages_are_read_or_refused(data: st.DataObject) -> None:
    read_or_refuse(mutated(data, VALID))


@given(st.sampled_from([write_order(ORDER), write_answer(ANSWER)]), st.integers(0), st.binary(max_size=3))
def test_bytes_changed_on_the_way_are_read_or_refused(body: bytes, place: int, bytes_: bytes) -> None:
    place %= len(body)
    read_or_refuse(body[:place] + bytes_ + body[place + 1 :])
