"""Looking officers up: within the viewer's own unit and below, and names for ids that the journal holds."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.jurisdictions.queries import list_below
from yipanqi.ops.staff.models import Officer


class OfficerNotFound(YipanqiError):
    """There is no such officer in the viewer's unit or below it."""

    code = "not_found"


def list_officers(officer: Officer) -> list[Officer]:
    """Officers of the viewer's unit and of all below it, by unit and username, with their units loaded."""
    return list(_within(officer).order_by("unit_id", "username"))


def get_officer(officer: Officer, officer_id: UUID) -> Officer:
    """One officer the viewer may see. Raises OfficerNotFound."""
    found = _within(officer).filter(id=officer_id).first()
    if found is None:
        raise OfficerNotFound("There is no such officer in this unit.")
    return found


def find_officer_id(username: str) -> str:
    """The id of the officer with this username as text; "" when there is none."""
    found = (
        Officer.objects.filter(username=username).values_list("id", flat=True).first() if username else None
    )
    return str(found or "")


def list_names(officer_ids: Iterable[str]) -> dict[str, str]:
    """Names by officer id as text; officers' names are public at work. Ids of nobody are left out."""
    wanted = {each for each in officer_ids if _is_uuid(each)}
    return {str(id_): name for id_, name in Officer.objects.filter(id__in=wanted).values_list("id", "name")}


def as_actor(officer: Officer) -> Actor:
    """The officer as the journal writes it."""
    return Actor(ActorKind.OFFICER, str(officer.id))


def officers_within_reach(acting: Actor) -> QuerySet[Officer]:
    """Officers whose files the actor may write: an officer's own unit and below, all for the system, else nobody."""
    if acting.kind == ActorKind.SYSTEM:
        return Officer.objects.select_related("unit")
    officer = _acting_officer(acting)
    return _within(officer) if officer else Officer.objects.none()


def is_unit_within_reach(acting: Actor, unit_code: str) -> bool:
    """Whether the actor may make officers at this unit: an officer in the own unit and below, the system anywhere."""
    if acting.kind == ActorKind.SYSTEM:
        return True
    officer = _acting_officer(acting)
    return officer is not None and any(place.code == unit_code for place in list_below(officer.unit_id))


def _acting_officer(acting: Actor) -> Officer | None:
    if acting.kind != ActorKind.OFFICER:
        return None
    return Officer.objects.select_related("unit").filter(id=acting.id, is_active=True).first()


def _within(officer: Officer) -> QuerySet[Officer]:
    below = Q(unit_id=officer.unit_id) | Q(unit__path__startswith=f"{officer.unit.path}/")
    return Officer.objects.select_related("unit").filter(below)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
