"""Showing one masked value of a case in full: through the case's gate, and each look is journaled.

What is shown belongs to the case: its victim, an account, phone or link noted on it, the payee's name of a payment.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import CaseNotFound, access_case, list_payments, list_subjects
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.services import unmask_met

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

GROUND = "case.desk"
VICTIM_FIELDS = ("name", "phone", "id_number")
SUBJECT_FIELDS = ("account", "suspect_phone", "suspect_link")


@transaction.atomic
def unmask_in_case(
    *, case_id: uuid.UUID, field: str, ref: uuid.UUID | None, acting_officer: "Officer", now: datetime
) -> str:
    """The plain value of a field of the victim, or of the noted account, phone, link or payment `ref`; journaled.

    Raises CaseNotFound when the case does not hold it, YipanqiError `field_unknown`, NotAllowed.
    """
    case = access_case(acting_officer, case_id)
    if field == "payee_name":
        return _payee_name(case, ref, acting_officer, now)
    if field in VICTIM_FIELDS:
        met, shown = case.victim, field
    elif field in SUBJECT_FIELDS:
        met, shown = _noted(case, field.removeprefix("suspect_"), ref), ""
    else:
        raise YipanqiError("not a field that can be unmasked", code="field_unknown", field=field[:24])
    return unmask_met(
        officer=acting_officer,
        met=met,
        field=shown,
        subject_id=case.id,
        place_code=case.place_code,
        ground=GROUND,
        now=now,
    )


def _noted(case: Case, kind: str, ref: uuid.UUID | None) -> object:
    for subject in list_subjects(case):
        if ref and getattr(subject, f"{kind}_id") == ref:
            return getattr(subject, kind)
    raise CaseNotFound("the case does not name it")


def _payee_name(case: Case, ref: uuid.UUID | None, officer: "Officer", now: datetime) -> str:
    require(officer, "person.unmask")
    payment = next((payment for payment in list_payments(case) if payment.id == ref), None)
    if payment is None:
        raise CaseNotFound("the payment is of another case")
    payload = {"payment_id": str(payment.id), "case_id": str(case.id)}
    key, place = str(case.id), case.place_code
    write_entry(Draft("payment.unmasked", as_actor(officer), "case", key, now, place, payload, ground=GROUND))
    return str(payment.payee_name.reveal())
