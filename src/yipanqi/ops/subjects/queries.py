"""Reading subjects: only through a gate, masked unless unmasked."""

import uuid
from typing import TYPE_CHECKING

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.models import Person
from yipanqi.ops.vault.fields import blind_index

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


class PersonNotFound(YipanqiError):
    """No such person within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


def access_person(officer: "Officer", person_id: uuid.UUID, *, act: str = "alert.read") -> Person:
    """The person, if the officer may do `act` and the person lives in the officer's scope."""
    require(officer, act)
    person: Person | None = Person.objects.in_scope(officer.scope_code).filter(id=person_id).first()
    if person is None:
        raise PersonNotFound(f"person {person_id} is not in your scope")
    return person


def phone_index(phone: str) -> str:
    """The blind index to look a normalised phone number up by."""
    return blind_index("phone", phone)
