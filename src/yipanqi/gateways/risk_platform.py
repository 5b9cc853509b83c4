"""The adapter to the risk-event platform's codes: 止付 100101/100102, 解除 100103/100104, 延期 100105/100106, as JSON.

For: canonical message ↔ bytes, both ways, losing nothing. Codes and field names are the platform's as its banks'
code shows them (rules.md §8.1); those of a party are grouped (`TransferOut`, `ApplicationOrg`, `Operator`,
`Investigator`, `FeedbackOrg`). Ours are: JSON instead of its XML; `TargetType`, since telecoms are not on the
platform; `FeedbackTime` and the feedback's `Currency`; and times, which are ISO 8601 with offset: the platform's
own standard was not found, and what banks' code writes (yyyyMMddHHmmss) names no zone. Amounts are decimal texts in
the currency's main unit.
"""

import json
import re
from datetime import datetime

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
from yipanqi.gateways.reading import Fields, minor_text, parse_object, refuse
from yipanqi.gateways.signing import CENTRE
from yipanqi.kernel.clock import as_utc

ORDER_CODES = {OrderKind.STOP: "100101", OrderKind.LIFT: "100103", OrderKind.EXTEND: "100105"}
ANSWER_CODES = {OrderKind.STOP: "100102", OrderKind.LIFT: "100104", OrderKind.EXTEND: "100106"}
RESULTS = {Result.OK: "100000", Result.FAILED: "111111"}
SUPPLEMENTS = {
    "00": "初次提交，正常止付人民币活期账户",
    "01": "初次提交，正常止付外币活期、定期账户",
    "02": "银行举报案件，止付人民币活期账户",
    "03": "银行举报案件，止付外币活期、定期账户",
    "04": "后补人民币活期止付流程",
    "05": "后补外币活期、定期止付流程",
}
_REMARKS = {OrderKind.STOP: "Remark", OrderKind.LIFT: "WithdrawalRemark", OrderKind.EXTEND: "ExtendRemark"}
_STARTS = {OrderKind.STOP: "StartTime", OrderKind.LIFT: "StartTime", OrderKind.EXTEND: "PostponeStartTime"}
_NUMBER = re.compile(r"[0-9A-Za-z._@+-]{4,64}", re.ASCII)
_MARK = re.compile(r"[0-9A-Za-z_.-]{1,64}", re.ASCII)
_PARTNER = re.compile(r"[0-9A-Za-z_.-]{1,32}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_NUMBER_SAID = "an account number: 4 to 64 letters, digits and . _ @ + -"
_MARK_SAID = "letters, digits and _ . - only"
_FREE, _NAME = 200, 100


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
        "TransferOut": _account(order.payer) if order.payer else None,
        "Currency": order.currency,
        "TransferAmount": _amount(order.amount_minor),
        "TransferTime": _instant(order.transfer_at),
        **_account(order.account),
        "AccountType": order.account.kind,
        "Reason": order.reason,
        _REMARKS[order.kind]: order.remark,
        _STARTS[order.kind]: _instant(order.starts_at),
        "ExpireTime": _instant(order.expires_at),
        "ApplicationTime": _instant(order.applied_at),
        "ApplicationOrg": _organisation(order.organisation),
        "Operator": _official(order.operator),
        "Investigator": _official(order.investigator) if order.investigator else None,
    }
    body = _body(found)
    read_order(body, institution=order.institution)
    return body


def read_order(body: bytes, *, institution: str) -> OrderMessage:
    """The order in `body`, as the institution it was sent to reads it. Raises MessageRefused."""
    fields = parse_object(body)
    fields.mark("TransSerialNumber", _MARK, _MARK_SAID)
    fields.mark("MessageFrom", _PARTNER, _MARK_SAID)
    kind = _kind(fields, ORDER_CODES)
    order = OrderMessage(
        order_id=fields.uuid("ApplicationID"),
        kind=kind,
        institution=institution,
        target=Target(fields.choice("TargetType", tuple(Target), Target.ACCOUNT)),
        supplement=fields.choice("ApplicationType", tuple(SUPPLEMENTS), "00"),
        original_order_id=fields.find_uuid("OriginalApplicationID"),
        case_number=fields.mark("CaseNumber", _MARK, _MARK_SAID),
        case_type=fields.mark("CaseType", _MARK, _MARK_SAID, needed=False),
        urgent=fields.choice("EmergencyLevel", ("01", "02")) == "02",
        payer=_read_payer(fields.find_object("TransferOut")),
        currency=fields.mark("Currency", _CURRENCY, "a currency such as CNY"),
        amount_minor=fields.find_amount_minor("TransferAmount"),
        transfer_at=fields.find_instant("TransferTime"),
        account=Account(**_read_account(fields), kind=fields.choice("AccountType", ("01", "02"))),
        reason=fields.text("Reason", _FREE, needed=False, lines=True),
        remark=fields.text(_REMARKS[kind], _FREE, needed=False, lines=True),
        starts_at=fields.find_instant(_STARTS[kind]),
        expires_at=fields.instant("ExpireTime"),
        applied_at=fields.instant("ApplicationTime"),
        organisation=_read_organisation(fields, "ApplicationOrg"),
        operator=_read_official(fields, "Operator"),
        investigator=_read_official(fields, "Investigator") if fields.has("Investigator") else None,
    )
    fields.done()
    if (order.amount_minor is None) != (order.transfer_at is None):
        refuse("TransferTime", "TransferAmount and TransferTime go together")
    if order.original_order_id is None and kind is not OrderKind.STOP:
        refuse("OriginalApplicationID", "missing")
    return order


def write_answer(answer: AnswerMessage) -> bytes:
    """The answer as the platform's JSON. Raises MessageRefused when no reader would take it."""
    cause = ":".join(part for part in (answer.failure_code, answer.failure_cause) if part)
    body = _body(
        {
            "TransSerialNumber": answer.answer_id,
            "MessageFrom": answer.institution,
            "TxCode": ANSWER_CODES[answer.kind],
            "ApplicationID": answer.order_id,
            "Result": RESULTS[answer.result],
            "AccountNumber": answer.account_number,
            "CardNumber": answer.card_number,
            "Currency": answer.currency,
            "AccountBalance": _amount(answer.balance_minor),
            "StartTime": _instant(answer.starts_at),
            "EndTime": _instant(answer.ends_at),
            "FailureCause": cause,
            "FeedbackRemark": answer.remark,
            "FeedbackTime": _instant(answer.answered_at),
            "FeedbackOrg": _organisation(answer.organisation),
            "Operator": _official(answer.operator),
        }
    )
    read_answer(body)
    return body


def read_answer(body: bytes) -> AnswerMessage:
    """The answer in `body`; the caller checks that its `institution` is who signed it. Raises MessageRefused."""
    fields = parse_object(body)
    kind = _kind(fields, ANSWER_CODES)
    code, cause = _read_cause(fields.text("FailureCause", _FREE, needed=False, lines=True))
    answer = AnswerMessage(
        answer_id=fields.mark("TransSerialNumber", _MARK, _MARK_SAID),
        institution=fields.mark("MessageFrom", _PARTNER, _MARK_SAID),
        kind=kind,
        order_id=fields.uuid("ApplicationID"),
        result=_RESULT_OF[fields.choice("Result", tuple(RESULTS.values()))],
        account_number=fields.mark("AccountNumber", _NUMBER, _NUMBER_SAID),
        card_number=fields.mark("CardNumber", _NUMBER, _NUMBER_SAID, needed=False),
        currency=fields.mark("Currency", _CURRENCY, "a currency such as CNY"),
        balance_minor=fields.find_amount_minor("AccountBalance"),
        starts_at=fields.find_instant("StartTime"),
        ends_at=fields.find_instant("EndTime"),
        failure_code=code,
        failure_cause=cause,
        remark=fields.text("FeedbackRemark", _FREE, needed=False, lines=True),
        answered_at=fields.instant("FeedbackTime"),
        organisation=_read_organisation(fields, "FeedbackOrg"),
        operator=_read_official(fields, "Operator"),
    )
    fields.done()
    _check_outcome(answer)
    return answer


_RESULT_OF = {code: result for result, code in RESULTS.items()}


def _check_outcome(answer: AnswerMessage) -> None:
    """A success says from when to when and has no cause; a failure has a cause."""
    if answer.result is Result.FAILED:
        return None if answer.failure_code else refuse("FailureCause", "missing")
    if answer.failure_code:
        refuse("FailureCause", "given although the Result is success")
    if answer.starts_at is None:
        refuse("StartTime", "missing")
    if answer.ends_at is None:
        refuse("EndTime", "missing")
    if answer.ends_at < answer.starts_at:
        refuse("EndTime", "before StartTime")


def _kind(fields: Fields, codes: dict[OrderKind, str]) -> OrderKind:
    code = fields.choice("TxCode", tuple(codes.values()))
    return next(kind for kind, each in codes.items() if each == code)


def _read_cause(text: str) -> tuple[FailureCode | None, str]:
    """A cause `code:detail` of ours, or another institution's own words."""
    if not text:
        return None, ""
    code, _, detail = text.partition(":")
    return (FailureCode(code), detail) if code in tuple(FailureCode) else (FailureCode.OTHER, text)


def _read_payer(fields: Fields | None) -> Payer | None:
    if fields is None:
        return None
    payer = Payer(**_read_account(fields))
    fields.done()
    return payer


def _read_account(fields: Fields) -> dict[str, str]:
    return {
        "number": fields.mark("AccountNumber", _NUMBER, _NUMBER_SAID),
        "name": fields.text("AccountName", _NAME, needed=False),
        "bank_code": fields.mark("BankID", _PARTNER, _MARK_SAID, needed=False),
        "bank_name": fields.text("BankName", _NAME, needed=False),
    }


def _read_organisation(outer: Fields, name: str) -> Organisation:
    fields = outer.find_object(name) or refuse(name, "missing")
    found = Organisation(fields.mark("ID", _MARK, _MARK_SAID), fields.text("Name", _NAME, needed=False))
    fields.done()
    return found


def _read_official(outer: Fields, name: str) -> Official:
    fields = outer.find_object(name) or refuse(name, "missing")
    found = Official(
        id_type=fields.mark("IDType", _MARK, _MARK_SAID),
        id=fields.text("ID", 32),
        name=fields.text("Name", _NAME),
        phone=fields.text("Phone", 32, needed=False),
    )
    fields.done()
    return found


def _body(found: dict[str, object]) -> bytes:
    text = json.dumps({name: value for name, value in found.items() if value}, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        refuse("body", "has half a character in a text")


def _account(account: Account | Payer) -> dict[str, str]:
    return {
        "BankID": account.bank_code,
        "BankName": account.bank_name,
        "AccountName": account.name,
        "AccountNumber": account.number,
    }


def _organisation(organisation: Organisation) -> dict[str, str]:
    return {"ID": organisation.id, "Name": organisation.name}


def _official(official: Official) -> dict[str, str]:
    return {"IDType": official.id_type, "ID": official.id, "Name": official.name, "Phone": official.phone}


def _amount(minor: int | None) -> str | None:
    return None if minor is None else minor_text(minor)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else as_utc(at).isoformat()
