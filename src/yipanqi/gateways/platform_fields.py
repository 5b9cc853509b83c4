"""Groups of fields that messages of the risk-event platform share, each written and read by one pair of functions.

For: accounts, organisations, officials, causes of failure, and what only messages about a freeze have: its terms, who
stands before it, the lines of a return. Leaves alone: which message has which of them (`risk_platform`).
"""

import re
from datetime import datetime
from typing import TypeVar

from yipanqi.gateways.messages import (
    Account,
    FailureCode,
    Former,
    FreezeKind,
    FreezeTerms,
    LineAnswer,
    Official,
    Organisation,
    Payer,
    PayLine,
    Result,
)
from yipanqi.gateways.reading import Fields, minor_text, refuse
from yipanqi.kernel.clock import as_utc

RESULTS = {Result.OK: "100000", Result.FAILED: "111111"}
FREEZE_TYPES = {FreezeKind.AMOUNT: "01", FreezeKind.FULL: "02"}
MOST_LINES = 200
MARK = re.compile(r"[0-9A-Za-z_.-]{1,64}", re.ASCII)
MARK_SAID = "letters, digits and _ . - only"
PARTNER = re.compile(r"[0-9A-Za-z_.-]{1,32}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
CURRENCY_SAID = "a currency such as CNY"
NUMBER = re.compile(r"[0-9A-Za-z._@+-]{4,64}", re.ASCII)
NUMBER_SAID = "an account number: 4 to 64 letters, digits and . _ @ + -"
FREE, NAME = 200, 100
_Line = TypeVar("_Line", PayLine, LineAnswer)
_RESULT_OF = {code: result for result, code in RESULTS.items()}
_FREEZE_KIND_OF = {code: kind for kind, code in FREEZE_TYPES.items()}


def write_amount(minor: int | None) -> str | None:
    """An amount as a decimal text; None stays None."""
    return None if minor is None else minor_text(minor)


def write_instant(at: datetime | None) -> str | None:
    """An instant as ISO 8601 in UTC; None stays None. Raises ClockError for one without zone."""
    return None if at is None else as_utc(at).isoformat()


def write_account(account: Account | Payer) -> dict[str, str]:
    """The fields of an account."""
    return {
        "BankID": account.bank_code,
        "BankName": account.bank_name,
        "AccountName": account.name,
        "AccountNumber": account.number,
    }


def read_account(fields: Fields) -> dict[str, str]:
    """What `write_account` wrote, by the names of Account and Payer."""
    return {
        "number": fields.mark("AccountNumber", NUMBER, NUMBER_SAID),
        "name": fields.text("AccountName", NAME, needed=False),
        "bank_code": fields.mark("BankID", PARTNER, MARK_SAID, needed=False),
        "bank_name": fields.text("BankName", NAME, needed=False),
    }


def read_payer(fields: Fields | None) -> Payer | None:
    """The payer, or None when it is not there."""
    if fields is None:
        return None
    payer = Payer(**read_account(fields))
    fields.done()
    return payer


def write_organisation(organisation: Organisation) -> dict[str, str]:
    """The fields of a body."""
    return {"ID": organisation.id, "Name": organisation.name}


def read_organisation(outer: Fields, name: str) -> Organisation:
    """The body in the field `name`."""
    fields = outer.find_object(name) or refuse(name, "missing")
    found = Organisation(fields.mark("ID", MARK, MARK_SAID), fields.text("Name", NAME, needed=False))
    fields.done()
    return found


def write_official(official: Official) -> dict[str, str]:
    """The fields of a person who answers for a message."""
    return {"IDType": official.id_type, "ID": official.id, "Name": official.name, "Phone": official.phone}


def read_official(outer: Fields, name: str) -> Official:
    """The person in the field `name`."""
    fields = outer.find_object(name) or refuse(name, "missing")
    found = Official(
        id_type=fields.mark("IDType", MARK, MARK_SAID),
        id=fields.text("ID", 32),
        name=fields.text("Name", NAME),
        phone=fields.text("Phone", 32, needed=False),
    )
    fields.done()
    return found


def write_cause(code: FailureCode | None, detail: str) -> str:
    """A cause of failure as one text, `code:detail`."""
    return ":".join(part for part in (code, detail) if part)


def read_cause(fields: Fields) -> tuple[FailureCode | None, str]:
    """A cause `code:detail` of ours, or another institution's own words; None without a cause."""
    text = fields.text("FailureCause", FREE, needed=False, lines=True)
    if not text:
        return None, ""
    code, _, detail = text.partition(":")
    return (FailureCode(code), detail) if code in tuple(FailureCode) else (FailureCode.OTHER, text)


def read_result(fields: Fields) -> Result:
    """Whether it was done."""
    return _RESULT_OF[fields.choice("Result", tuple(RESULTS.values()))]


def write_terms(terms: FreezeTerms) -> dict[str, str | None]:
    """What a notice of freezing says, without its two times."""
    return {
        "FreezeType": FREEZE_TYPES[terms.kind],
        "Balance": write_amount(terms.asked_minor),
        "CoversInterest": "1" if terms.covers_interest else "0",
        "DocumentNumber": terms.document,
    }


def read_terms(fields: Fields, start: str) -> FreezeTerms:
    """What a notice of freezing says; it begins at the field `start` and ends at ExpireTime."""
    terms = FreezeTerms(
        kind=_FREEZE_KIND_OF[fields.choice("FreezeType", tuple(FREEZE_TYPES.values()))],
        asked_minor=fields.amount_minor("Balance", least=1),
        from_at=fields.instant(start),
        until_at=fields.instant("ExpireTime"),
        covers_interest=fields.choice("CoversInterest", ("0", "1")) == "1",
        document=fields.text("DocumentNumber", NAME),
    )
    return terms if terms.from_at < terms.until_at else refuse("ExpireTime", f"not after {start}")


def write_former(former: Former) -> dict[str, str]:
    """The fields of the freeze that stands before one; what is not known is left out."""
    found = {
        "ApplicationDepartment": former.department,
        "FrozenBalance": write_amount(former.frozen_minor),
        "FrozenCurrency": former.currency,
        "FrozenExpireTime": write_instant(former.ends_at),
    }
    return {name: value for name, value in found.items() if value is not None}


def read_former(fields: Fields | None) -> Former | None:
    """The freeze that stands before one, or None when it is not there."""
    if fields is None:
        return None
    former = Former(
        department=fields.text("ApplicationDepartment", NAME),
        frozen_minor=fields.find_amount_minor("FrozenBalance"),
        ends_at=fields.find_instant("FrozenExpireTime"),
        currency=fields.mark("FrozenCurrency", CURRENCY, CURRENCY_SAID),
    )
    fields.done()
    return former


def write_pay_line(line: PayLine) -> dict[str, str | None]:
    """The fields of one payee."""
    return {
        "Ref": line.ref,
        "AccountNumber": line.account,
        "AccountName": line.name,
        "BankID": line.bank,
        "Amount": write_amount(line.principal_minor),
        "Interest": write_amount(line.interest_minor),
    }


def read_pay_lines(fields: Fields) -> tuple[PayLine, ...]:
    """The payees of a return: 1 to MOST_LINES, each with its own Ref and something to pay."""
    lines = tuple(_read_pay_line(each) for each in fields.find_objects("Lines"))
    return _check_lines(lines) or refuse("Lines", "missing")


def write_line_answer(line: LineAnswer) -> dict[str, str]:
    """The fields of what became of one line."""
    cause = write_cause(line.failure_code, line.failure_cause)
    return {"Ref": line.ref, "Result": RESULTS[line.result]} | ({"FailureCause": cause} if cause else {})


def read_line_answers(fields: Fields) -> tuple[LineAnswer, ...]:
    """What became of each line; empty when nothing is said."""
    return _check_lines(tuple(_read_line_answer(each) for each in fields.find_objects("Lines")))


def _read_pay_line(fields: Fields) -> PayLine:
    line = PayLine(
        ref=fields.mark("Ref", MARK, MARK_SAID),
        account=fields.mark("AccountNumber", NUMBER, NUMBER_SAID),
        name=fields.text("AccountName", NAME),
        bank=fields.mark("BankID", PARTNER, MARK_SAID),
        principal_minor=fields.amount_minor("Amount"),
        interest_minor=fields.amount_minor("Interest"),
    )
    if not line.principal_minor + line.interest_minor:
        fields.refuse("Amount", "nothing to pay")
    fields.done()
    return line


def _read_line_answer(fields: Fields) -> LineAnswer:
    ref, result = fields.mark("Ref", MARK, MARK_SAID), read_result(fields)
    code, cause = read_cause(fields)
    if (result is Result.FAILED) != (code is not None):
        fields.refuse("FailureCause", "missing" if code is None else "given although the Result is success")
    fields.done()
    return LineAnswer(ref, result, code, cause)


def _check_lines(lines: tuple[_Line, ...]) -> tuple[_Line, ...]:
    if len(lines) > MOST_LINES:
        refuse("Lines", f"more than {MOST_LINES}")
    if len({line.ref for line in lines}) != len(lines):
        refuse("Lines", "a Ref stands twice")
    return lines
