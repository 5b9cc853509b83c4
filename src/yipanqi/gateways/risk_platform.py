"""The adapter to the risk-event platform's codes for stops (1001xx) and freezes (1002xx), as JSON.

For: canonical message ↔ bytes, both ways, losing nothing. Codes and field names are the platform's as its banks'
code shows them (rules.md §8.1); those of a party are grouped (`TransferOut`, `ApplicationOrg`, `Operator`,
`Investigator`, `FeedbackOrg`, `Former`). Ours are: JSON instead of its XML; `TargetType`, since telecoms are not on
the platform; `FeedbackTime` and the feedback's `Currency`; of a freeze `OrderValidUntil`, `CoversInterest` and
`DocumentNumber`; the return of frozen money (H00201), for which no code of the platform is known; and times, which
are ISO 8601 with offset: the platform's own standard was not found, and what banks' code writes (yyyyMMddHHmmss)
names no zone. Amounts are decimal texts in the currency's main unit.
"""

import json
from collections.abc import Mapping
from dataclasses import fields as parts_of
from typing import Any

from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    OrderKind,
    OrderMessage,
    Result,
    Target,
)
from yipanqi.gateways.platform_fields import (
    CURRENCY,
    CURRENCY_SAID,
    FREE,
    MARK,
    MARK_SAID,
    NAME,
    NUMBER,
    NUMBER_SAID,
    PARTNER,
    RESULTS,
    read_account,
    read_cause,
    read_former,
    read_line_answers,
    read_official,
    read_organisation,
    read_pay_lines,
    read_payer,
    read_result,
    read_terms,
    write_account,
    write_amount,
    write_cause,
    write_former,
    write_instant,
    write_line_answer,
    write_official,
    write_organisation,
    write_pay_line,
    write_terms,
)
from yipanqi.gateways.reading import Fields, parse_object, refuse
from yipanqi.gateways.signing import CENTRE

ORDER_CODES = {
    OrderKind.STOP: "100101",
    OrderKind.LIFT: "100103",
    OrderKind.EXTEND: "100105",
    OrderKind.FREEZE: "100201",
    OrderKind.RENEW: "100205",
    OrderKind.RELEASE: "100203",
    OrderKind.CUT: "100203",
    OrderKind.RETURN_MONEY: "H00201",
}
ANSWER_CODES = {
    OrderKind.STOP: "100102",
    OrderKind.LIFT: "100104",
    OrderKind.EXTEND: "100106",
    OrderKind.FREEZE: "100202",
    OrderKind.RENEW: "100206",
    OrderKind.RELEASE: "100204",
    OrderKind.CUT: "100204",
    OrderKind.RETURN_MONEY: "H00202",
}
SUPPLEMENTS = {
    "00": "初次提交，正常止付人民币活期账户",
    "01": "初次提交，正常止付外币活期、定期账户",
    "02": "银行举报案件，止付人民币活期账户",
    "03": "银行举报案件，止付外币活期、定期账户",
    "04": "后补人民币活期止付流程",
    "05": "后补外币活期、定期止付流程",
}
ABOUT_STOPS = (OrderKind.STOP, OrderKind.LIFT, OrderKind.EXTEND)
_WITH_TERMS = (OrderKind.FREEZE, OrderKind.RENEW)
_FIRST = (OrderKind.STOP, OrderKind.FREEZE)  # they follow no order of ours, or need not
_REMARKS = {
    OrderKind.LIFT: "WithdrawalRemark",
    OrderKind.EXTEND: "ExtendRemark",
    OrderKind.RENEW: "ExtendRemark",
    OrderKind.RELEASE: "WithdrawalRemark",
    OrderKind.CUT: "WithdrawalRemark",
}
_STARTS = {
    OrderKind.EXTEND: "PostponeStartTime",
    OrderKind.FREEZE: "FreezeStartTime",
    OrderKind.RENEW: "PostponeStartTime",
}
_AMOUNTS = {
    "applied_minor": "AppliedBalance",
    "frozen_minor": "FrozenBalance",
    "available_minor": "AccountAvailableBalance",
    "released_minor": "UnfreezeBalance",
}
_TOLD = {
    OrderKind.FREEZE: ("applied_minor", "frozen_minor", "available_minor"),
    OrderKind.RENEW: ("frozen_minor",),
    OrderKind.RELEASE: ("released_minor", "frozen_minor"),
    OrderKind.RETURN_MONEY: ("frozen_minor",),
}
_NAMES = _AMOUNTS | {
    "starts_at": "StartTime",
    "ends_at": "EndTime",
    "released_at": "WithdrawalTime",
    "lines": "Lines",
    "receipt_number": "ReceiptNumber",
}
_NEEDED = dict.fromkeys(ABOUT_STOPS, ("starts_at", "ends_at")) | {
    OrderKind.FREEZE: ("starts_at", "ends_at", "frozen_minor"),
    OrderKind.RENEW: ("ends_at", "frozen_minor"),
    OrderKind.RELEASE: ("released_at", "released_minor", "frozen_minor"),
    OrderKind.RETURN_MONEY: ("frozen_minor", "lines", "receipt_number"),
}


def write_order(order: OrderMessage, *, sender: str = CENTRE) -> bytes:
    """The order as the platform's JSON. Raises MessageRefused when no reader would take it (a text too long, …)."""
    found: dict[str, object] = {
        "TransSerialNumber": order.order_id,
        "MessageFrom": sender,
        "TxCode": ORDER_CODES[order.kind],
        "TargetType": order.target.value,
        "ApplicationID": order.order_id,
        "ApplicationType": order.supplement,
        "OriginalApplicationID": order.original_order_id,
        "CaseNumber": order.case_number,
        "CaseType": order.case_type,
        "EmergencyLevel": "02" if order.urgent else "01",
        "TransferOut": write_account(order.payer) if order.payer else None,
        "Currency": order.currency,
        "TransferAmount": write_amount(order.amount_minor),
        "TransferTime": write_instant(order.transfer_at),
        **write_account(order.account),
        "AccountType": order.account.kind,
        "Reason": order.reason,
        _remark(order.kind): order.remark,
        **_write_times(order),
        "ApplicationTime": write_instant(order.applied_at),
        "ApplicationOrg": write_organisation(order.organisation),
        "Operator": write_official(order.operator),
        "Investigator": write_official(order.investigator) if order.investigator else None,
        **(write_terms(order.freeze) if order.freeze else {}),
        "UnfreezeBalance": write_amount(order.release_minor),
        "Lines": [write_pay_line(line) for line in order.lines],
    }
    body = _body(found)
    _check_same(order, read_order(body, institution=order.institution))
    return body


def read_order(body: bytes, *, institution: str) -> OrderMessage:
    """The order in `body`, as the institution it was sent to reads it. Raises MessageRefused."""
    fields = parse_object(body)
    fields.mark("TransSerialNumber", MARK, MARK_SAID)
    fields.mark("MessageFrom", PARTNER, MARK_SAID)
    kind = _kind(fields, ORDER_CODES)
    targets = tuple(Target) if kind in ABOUT_STOPS else (Target.ACCOUNT,)
    order = OrderMessage(
        order_id=fields.uuid("ApplicationID"),
        kind=kind,
        institution=institution,
        target=Target(fields.choice("TargetType", targets, Target.ACCOUNT)),
        supplement=fields.choice("ApplicationType", tuple(SUPPLEMENTS), "00"),
        original_order_id=fields.find_uuid("OriginalApplicationID"),
        case_number=fields.mark("CaseNumber", MARK, MARK_SAID),
        case_type=fields.mark("CaseType", MARK, MARK_SAID, needed=False),
        urgent=fields.choice("EmergencyLevel", ("01", "02")) == "02",
        payer=read_payer(fields.find_object("TransferOut")),
        currency=fields.mark("Currency", CURRENCY, CURRENCY_SAID),
        amount_minor=fields.find_amount_minor("TransferAmount"),
        transfer_at=fields.find_instant("TransferTime"),
        account=Account(**read_account(fields), kind=fields.choice("AccountType", ("01", "02"))),
        reason=fields.text("Reason", FREE, needed=False, lines=True),
        remark=fields.text(_remark(kind), FREE, needed=False, lines=True),
        **_read_matter(fields, kind),
        applied_at=fields.instant("ApplicationTime"),
        organisation=read_organisation(fields, "ApplicationOrg"),
        operator=read_official(fields, "Operator"),
        investigator=read_official(fields, "Investigator") if fields.has("Investigator") else None,
    )
    fields.done()
    if (order.amount_minor is None) != (order.transfer_at is None):
        refuse("TransferTime", "TransferAmount and TransferTime go together")
    if order.original_order_id is None and kind not in _FIRST:
        refuse("OriginalApplicationID", "missing")
    return order


def write_answer(answer: AnswerMessage) -> bytes:
    """The answer as the platform's JSON. Raises MessageRefused when no reader would take it."""
    found: dict[str, object] = {
        "TransSerialNumber": answer.answer_id,
        "MessageFrom": answer.institution,
        "TxCode": ANSWER_CODES[answer.kind],
        "ApplicationID": answer.order_id,
        "Result": RESULTS[answer.result],
        "AccountNumber": answer.account_number,
        "CardNumber": answer.card_number,
        "Currency": answer.currency,
        "AccountBalance": write_amount(answer.balance_minor),
        "StartTime": write_instant(answer.starts_at),
        "EndTime": write_instant(answer.ends_at),
        "FailureCause": write_cause(answer.failure_code, answer.failure_cause),
        "FeedbackRemark": answer.remark,
        "FeedbackTime": write_instant(answer.answered_at),
        "FeedbackOrg": write_organisation(answer.organisation),
        "Operator": write_official(answer.operator),
        **{name: write_amount(getattr(answer, part)) for part, name in _AMOUNTS.items()},
        "WithdrawalTime": write_instant(answer.released_at),
        "Former": write_former(answer.former) if answer.former else None,
        "Lines": [write_line_answer(line) for line in answer.lines],
        "ReceiptNumber": answer.receipt_number,
    }
    body = _body(found)
    _check_same(answer, read_answer(body))
    return body


def read_answer(body: bytes) -> AnswerMessage:
    """The answer in `body`; the caller checks that its `institution` is who signed it. Raises MessageRefused.

    The answer to a cut is one to a release (`messages.answer_kind`).
    """
    fields = parse_object(body)
    kind = _kind(fields, ANSWER_CODES)
    code, cause = read_cause(fields)
    answer = AnswerMessage(
        answer_id=fields.mark("TransSerialNumber", MARK, MARK_SAID),
        institution=fields.mark("MessageFrom", PARTNER, MARK_SAID),
        kind=kind,
        order_id=fields.uuid("ApplicationID"),
        result=read_result(fields),
        account_number=fields.mark("AccountNumber", NUMBER, NUMBER_SAID),
        card_number=fields.mark("CardNumber", NUMBER, NUMBER_SAID, needed=False),
        currency=fields.mark("Currency", CURRENCY, CURRENCY_SAID),
        balance_minor=fields.find_amount_minor("AccountBalance"),
        starts_at=fields.find_instant("StartTime"),
        ends_at=fields.find_instant("EndTime"),
        failure_code=code,
        failure_cause=cause,
        remark=fields.text("FeedbackRemark", FREE, needed=False, lines=True),
        answered_at=fields.instant("FeedbackTime"),
        organisation=read_organisation(fields, "FeedbackOrg"),
        operator=read_official(fields, "Operator"),
        **_read_told(fields, kind),
    )
    fields.done()
    _check_outcome(answer)
    return answer


def _write_times(order: OrderMessage) -> dict[str, str | None]:
    """When it shall begin and end; with terms of freezing ExpireTime is the freeze's end, not the order's."""
    start, until = _STARTS.get(order.kind, "StartTime"), write_instant(order.expires_at)
    if order.freeze is None:
        return {start: write_instant(order.starts_at), "ExpireTime": until}
    ends = write_instant(order.freeze.until_at)
    return {start: write_instant(order.freeze.from_at), "ExpireTime": ends, "OrderValidUntil": until}


def _read_matter(fields: Fields, kind: OrderKind) -> dict[str, Any]:
    """The parts of an order that are of its kind alone, by their names in OrderMessage."""
    start = _STARTS.get(kind, "StartTime")
    if kind in _WITH_TERMS:
        return {"freeze": read_terms(fields, start), "expires_at": fields.instant("OrderValidUntil")}
    found: dict[str, Any] = {
        "starts_at": fields.find_instant(start),
        "expires_at": fields.instant("ExpireTime"),
    }
    if kind is OrderKind.CUT:
        found["release_minor"] = fields.amount_minor("UnfreezeBalance", least=1)
    if kind is OrderKind.RETURN_MONEY:
        found["lines"] = read_pay_lines(fields)
    return found


def _read_told(fields: Fields, kind: OrderKind) -> dict[str, Any]:
    """What the answer says of a freeze, by the names in AnswerMessage; nothing in one about a stop."""
    found: dict[str, Any] = {part: fields.find_amount_minor(_AMOUNTS[part]) for part in _TOLD.get(kind, ())}
    if kind is OrderKind.FREEZE:
        found["former"] = read_former(fields.find_object("Former"))
    if kind is OrderKind.RELEASE:
        found["released_at"] = fields.find_instant("WithdrawalTime")
    if kind is OrderKind.RETURN_MONEY:
        found["lines"] = read_line_answers(fields)
        found["receipt_number"] = fields.text("ReceiptNumber", NAME, needed=False)
    return found


def _check_outcome(answer: AnswerMessage) -> None:
    """A success says what its kind needs and has no cause; a failure has a cause."""
    if answer.result is Result.FAILED:
        return None if answer.failure_code else refuse("FailureCause", "missing")
    if answer.failure_code:
        refuse("FailureCause", "given although the Result is success")
    for part in _NEEDED[answer.kind]:
        if getattr(answer, part) in (None, (), ""):
            refuse(_NAMES[part], "missing")
    if answer.starts_at and answer.ends_at and answer.ends_at < answer.starts_at:
        refuse("EndTime", "before StartTime")


def _check_same(given: OrderMessage | AnswerMessage, read: OrderMessage | AnswerMessage) -> None:
    """Refuse to write what the other side would read otherwise: a part that this kind of message does not carry."""
    for part in parts_of(given):
        if getattr(given, part.name) != getattr(read, part.name):
            refuse(part.name, "not carried by this kind of message")


def _kind(fields: Fields, codes: Mapping[OrderKind, str]) -> OrderKind:
    """The kind that a code says; an order to release that names an amount is one to cut."""
    code = fields.choice("TxCode", tuple(dict.fromkeys(codes.values())))
    kind = next(kind for kind, each in codes.items() if each == code)
    cuts = codes is ORDER_CODES and kind is OrderKind.RELEASE and fields.has("UnfreezeBalance")
    return OrderKind.CUT if cuts else kind


def _remark(kind: OrderKind) -> str:
    return _REMARKS.get(kind, "Remark")


def _body(found: dict[str, object]) -> bytes:
    text = json.dumps({name: value for name, value in found.items() if value}, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        refuse("body", "has half a character in a text")
