"""Shapes of the partner API as its OpenAPI page shows them.

Rows of a batch are taken as they come and checked one by one, so that one bad row never refuses the batch;
`WarningIn` documents the fields and their limits.
"""

from datetime import datetime
from typing import Any

from ninja import Field, Schema

EXAMPLE = {
    "external_id": "ccb-2026-000123",
    "occurred_at": "2026-03-01T10:15:30+08:00",
    "person_phone": "13800002207",
    "person_name": "王小明",
    "jurisdiction_code": "350104",
    "text": "客户接到陌生电话后向陌生账户转账",
    "amount": "5000.00",
    "paid": False,
    "suspect_account": "6222021602001234567",
}


class WarningIn(Schema):
    """One warning. Text values; amounts are decimal strings, times carry their offset. Other fields are refused."""

    external_id: str = Field(
        ..., description="Your own id of this warning; a repeat is recognised by it. ≤ 64"
    )
    occurred_at: str = Field(..., description="When it happened: ISO 8601 with offset")
    person_phone: str = Field(
        ..., description="The person being deceived: mobile, landline or +country number"
    )
    person_name: str | None = Field(None, description="≤ 64")
    person_id_number: str | None = Field(None, description="18 characters, check digit verified")
    person_age: str | int | None = None
    person_sex: str | None = Field(None, description="m or f")
    person_address: str | None = Field(None, description="Where the person lives now, for a visit. ≤ 120")
    jurisdiction_code: str | None = Field(
        None, description="GB/T 2260 code, or 9 digits of a station, within your scope"
    )
    fraud_type_hint: str | None = Field(None, description="Your own class of the fraud, free text. ≤ 64")
    level_hint: str | None = Field(None, description="high, mid or low")
    text: str | None = Field(None, description="Narrative. ≤ 4000")
    amount: str | int | None = Field(None, description="Money at risk or paid, in yuan, as a decimal string")
    paid: bool | str | None = Field(None, description="Whether money has left already")
    payment_count: str | int | None = None
    suspect_account: str | None = Field(None, description="Account the money goes to")
    suspect_bank: str | None = None


class BatchIn(Schema):
    """Up to 10,000 rows of `WarningIn`; `label` names the file or delivery they came from."""

    rows: list[Any] = Field(
        ..., description="Rows shaped like WarningIn", json_schema_extra={"example": [EXAMPLE]}
    )
    label: str = Field("", max_length=200)


class FieldProblem(Schema):
    """What is wrong with a field: a stable code and a sentence."""

    row: int | None = None
    field: str
    code: str
    message: str


class WarningOut(Schema):
    """What became of the warning. The ids are ours; keep them to ask about it later."""

    status: str = Field(..., description="accepted, joined (to an open alert about this person) or duplicate")
    alert_id: str
    signal_id: str


class BatchOut(Schema):
    """Counts of the batch; `rejects` lists at most the first hundred, all are kept in quarantine."""

    batch_id: str
    accepted: int
    joined: int
    duplicate: int
    quarantined: int
    rejects: list[FieldProblem]


class Problems(Schema):
    """Why a call was refused."""

    errors: list[FieldProblem]


DIRECTIVE_EXAMPLE = {
    "external_id": "gj-2026-000045",
    "kind": "verify_warning",
    "title": "核查高危预警",
    "text": "该人疑似正被冒充公检法诱骗转账，请立即见面核实并劝阻",
    "jurisdiction_code": "350104",
    "urgent": True,
    "due_at": "2026-03-01T12:15:30+08:00",
}


class DirectiveIn(Schema):
    """One directive to a unit. Other fields are refused."""

    external_id: str = Field(
        ..., description="Your own id of this directive; a repeat is recognised by it. ≤ 64"
    )
    kind: str = Field(
        ..., description="verify_warning, find_person, check_account, visit_feedback, special_drive or other"
    )
    title: str = Field(..., description="What is asked, in one line. ≤ 100")
    text: str = Field(..., description="What is to be done. ≤ 4000")
    jurisdiction_code: str | None = Field(
        None, description="The unit: GB/T 2260 code, or 9 digits of a station, within your scope"
    )
    urgent: bool | str | None = Field(None, description="Whether it goes before others")
    due_at: str | None = Field(
        None, description="Until when: ISO 8601 with offset; without it the clock of the kind counts"
    )


class DirectiveOut(Schema):
    """Where a directive stands. `feedback` is the checked report, once it was fed back."""

    external_id: str
    directive_id: str
    number: str = Field(..., description="Our number, to name it on the phone")
    status: str = Field(..., description="issued, accepted, acted, verified, fed_back or withdrawn")
    jurisdiction_code: str = Field(..., description="The unit it stands at; may have been handed down")
    urgent: bool
    late: bool = Field(..., description="Whether its time passed before it was checked")
    issued_at: datetime
    due_at: datetime
    accepted_at: datetime | None
    acted_at: datetime | None
    verified_at: datetime | None
    fed_back_at: datetime | None
    feedback: str | None


class AnswerOut(Schema):
    """What an answer to an order did: applied, noted, repeated or kept; `problem` is empty unless it was kept."""

    effect: str
    problem: str


REPORT_EXAMPLE = {
    "external_id": "ccb-r-2026-000077",
    "occurred_at": "2026-03-01T10:15:30+08:00",
    "person_phone": "13800002207",
    "person_name": "王小明",
    "jurisdiction_code": "350104",
    "text": "客户称被冒充客服诱骗，已向陌生账户转账",
    "payments": [
        {
            "payee_account": "6222021602001234567",
            "payee_name": "周二",
            "payee_bank": "icbc",
            "amount": "50000.00",
            "paid_at": "2026-03-01T10:12:05+08:00",
            "payer_account": "6217000010001234567",
            "payer_bank": "ccb",
        }
    ],
    "suspect_phones": ["+85251234567"],
    "suspect_links": ["https://pay.example/refund"],
}


class PaymentIn(Schema):
    """One payment of the victim. The payee's bank stops the account only when name, account, amount and time agree."""

    payee_account: str = Field(..., description="Account or wallet that was paid")
    payee_name: str = Field(
        ..., description="Holder of that account, as the record of the transfer names it. ≤ 64"
    )
    payee_bank: str = Field(..., description="Its bank: code, full or short name, Chinese or English")
    amount: str | int = Field(..., description="In yuan, as a decimal string")
    paid_at: str = Field(..., description="When the transfer was made: ISO 8601 with offset")
    payer_account: str | None = Field(None, description="Account of the victim it came from")
    payer_bank: str | None = None


class ReportIn(Schema):
    """One report of a fraud for a customer. Other fields are refused."""

    external_id: str = Field(
        ..., description="Your own id of this report; a repeat is recognised by it. ≤ 64"
    )
    occurred_at: str = Field(..., description="When it happened: ISO 8601 with offset")
    person_phone: str = Field(..., description="The victim: mobile, landline or +country number")
    person_name: str | None = Field(None, description="≤ 64")
    person_id_number: str | None = Field(None, description="18 characters, check digit verified")
    person_age: str | int | None = None
    person_sex: str | None = Field(None, description="m or f")
    jurisdiction_code: str | None = Field(
        None, description="GB/T 2260 code, or 9 digits of a station, within your scope"
    )
    fraud_type: str | None = Field(None, description="T01 to T10 or T99")
    text: str | None = Field(None, description="Narrative. ≤ 4000")
    payments: list[PaymentIn] = Field([], description="≤ 50")
    suspect_phones: list[str] = Field([], description="≤ 50")
    suspect_links: list[str] = Field([], description="Web addresses or apps. ≤ 50")


class ReportOut(Schema):
    """The case it became. The ids are ours; keep them to speak about it."""

    external_id: str
    case_id: str
    number: str
    reported_at: datetime


TRANSFER_EXAMPLE = {
    "id": "ccb-t-2026-0000191",
    "booked_at": "2026-03-01T10:12:41+08:00",
    "payer": "6222021602001234567",
    "payee": "6222021602002222222",
    "amount": "49000.00",
    "payee_name": "吴三",
    "payer_bank": "icbc",
    "payee_bank": "ccb",
}


class TransferIn(Schema):
    """One transfer as your books have it. Text values; amounts are decimal strings. Other fields are refused."""

    id: str = Field(..., description="Your own id of this transfer; a repeat is recognised by it. ≤ 64")
    booked_at: str = Field(
        ..., description="When it was booked: ISO 8601 with offset, as exact as you have it"
    )
    payer: str = Field(..., description="Account or wallet the money left")
    payee: str = Field(..., description="Account or wallet it came to")
    amount: str | int = Field(..., description="Above zero, as a decimal string")
    serial: str | int | None = Field(
        None, description="Orders transfers of one instant: a whole number that rises"
    )
    currency: str | None = Field(None, description="ISO 4217; CNY without it")
    payer_bank: str | None = Field(None, description="Code, full or short name, Chinese or English. ≤ 64")
    payee_bank: str | None = None
    payer_name: str | None = Field(None, description="Holder of the payer's account. ≤ 64")
    payee_name: str | None = Field(
        None, description="Holder of the payee's account; a stop order needs it. ≤ 64"
    )
    channel: str | None = Field(None, description="≤ 32")
    kind: str | None = Field(
        None, description="transfer, cash_out, card_payment, clearing, exchange, fee or reversal"
    )
    reverses: str | None = Field(None, description="Of a reversal: your id of the transfer it takes back")


class TransfersIn(Schema):
    """Up to 10,000 rows of `TransferIn`."""

    rows: list[Any] = Field(
        ...,
        description="Rows shaped like TransferIn",
        json_schema_extra={"example": [TRANSFER_EXAMPLE], "items": TransferIn.model_json_schema()},
    )


class TransfersOut(Schema):
    """Counts of the batch: accepted + merged + rejected is its rows. `rejects` lists every flaw of those rejected."""

    accepted: int
    merged: int
    rejected: int
    rejects: list[FieldProblem]
