"""Shapes of the partner API as its OpenAPI page shows them.

Rows of a batch are taken as they come and checked one by one, so that one bad row never refuses the batch;
`WarningIn` documents the fields and their limits.
"""

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
