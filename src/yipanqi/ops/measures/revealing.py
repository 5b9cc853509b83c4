"""Showing in full what a stop, a freeze or a bank's answer keeps sealed; every look is an entry in the journal.

Who may see the object at all is `queries`' matter; a look needs the act `person.unmask` besides.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.measures.freezing.queries import access_freeze
from yipanqi.ops.measures.queries import access_answer, access_stop
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.services import unmask_account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

GROUND = "funds.desk"


@transaction.atomic
def unmask_stop(*, stop_id: uuid.UUID, field: str, acting_officer: "Officer", now: datetime) -> str:
    """The plain `account` or `holder_name` of a stop. Raises `field_unknown` for any other field, StopNotFound."""
    require(acting_officer, "person.unmask")
    stop = access_stop(acting_officer, stop_id)
    if field == "account":
        return unmask_account(
            officer=acting_officer,
            account=stop.account,
            subject_id=stop.id,
            place_code=stop.place_code,
            ground=GROUND,
            now=now,
        )
    if field != "holder_name":
        raise YipanqiError("not a field that can be unmasked", code="field_unknown", field=field[:24])
    payload: dict[str, object] = {"stop_id": str(stop.id)}
    acting, key, place = as_actor(acting_officer), str(stop.id), stop.place_code
    write_entry(Draft("stop.unmasked", acting, "payment_stop", key, now, place, payload, ground=GROUND))
    plain: str = stop.holder_name.reveal()
    return plain


@transaction.atomic
def unmask_freeze(*, freeze_id: uuid.UUID, field: str, acting_officer: "Officer", now: datetime) -> str:
    """The plain `account` or `holder_name` of a freeze. Raises `field_unknown` for any other field, FreezeNotFound."""
    require(acting_officer, "person.unmask")
    freeze = access_freeze(acting_officer, freeze_id)
    if field == "account":
        return unmask_account(
            officer=acting_officer,
            account=freeze.account,
            subject_id=freeze.id,
            place_code=freeze.place_code,
            ground=GROUND,
            now=now,
        )
    if field != "holder_name":
        raise YipanqiError("not a field that can be unmasked", code="field_unknown", field=field[:24])
    payload: dict[str, object] = {"freeze_id": str(freeze.id)}
    acting, key, place = as_actor(acting_officer), str(freeze.id), freeze.place_code
    write_entry(Draft("freeze.unmasked", acting, "freeze", key, now, place, payload, ground=GROUND))
    plain: str = freeze.holder_name.reveal()
    return plain


@transaction.atomic
def unmask_answer(*, answer_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> str:
    """What a bank answered, word for word. Raises StopNotFound."""
    require(acting_officer, "person.unmask")
    answer = access_answer(acting_officer, answer_id)
    place = answer.order.measure.place_code if answer.order else answer.partner.scope_id
    payload: dict[str, object] = {"answer_id": str(answer.id), "bank": answer.partner.code}
    acting = as_actor(acting_officer)
    write_entry(
        Draft("answer.unmasked", acting, "answer", str(answer.id), now, place, payload, ground=GROUND)
    )
    plain: str = answer.body.reveal()
    return plain
