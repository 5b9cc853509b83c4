"""Looking officers up: within the viewer's own unit and below, and names for ids that the journal holds."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor
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


def list_names(officer_ids: Iterable[str]) -> dict[str, str]:
    """Names by officer id as text; officers' names are public at work. Ids of nobody are left out."""
    wanted = {each for each in officer_ids if _is_uuid(each)}
    return {str(id_): name for id_, name in Officer.objects.filter(id__in=wanted).values_list("id", "name")}


def as_actor(officer: Officer) -> Actor:
    """The officer as the journal writes it."""
    return Actor(ActorKind.OFFICER, str(officer.id))


def _within(officer: Officer) -> QuerySet[Officer]:
    below = Q(unit_id=officer.unit_id) | Q(unit__path__startswith=f"{officer.unit.path}/")
    return Officer.objects.select_related("unit").filter(below)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
