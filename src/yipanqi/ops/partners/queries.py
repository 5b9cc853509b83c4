"""Looking partners and their keys up: by an officer within the own scope, or by code for the system's own work."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.partners.models import Partner, PartnerKey
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.models import Officer


class PartnerNotFound(YipanqiError):
    """There is no such partner in the viewer's scope."""

    code = "not_found"


def list_partners(officer: Officer) -> list[Partner]:
    """Partners of the officer's place and below, in code order. Raises `authority.NotAllowed`."""
    return list(_within(officer).order_by("code"))


def get_partner(officer: Officer, code: str) -> Partner:
    """One partner the officer may see. Raises PartnerNotFound, `authority.NotAllowed`."""
    found = _within(officer).filter(code=code).first()
    if found is None:
        raise PartnerNotFound("There is no such partner here.")
    return found


def list_keys(officer: Officer, code: str) -> list[PartnerKey]:
    """The keys of one partner, newest first; only prefixes tell them apart. Raises as `get_partner`."""
    return list(PartnerKey.objects.filter(partner=get_partner(officer, code)).order_by("-issued_at", "-id"))


def find_partner(code: str) -> Partner | None:
    """The partner with this code, for intake and rehearsal; None when there is none."""
    return Partner.objects.filter(code=code).first()


def list_connected() -> list[Partner]:
    """Active partners that take orders, in code order, for the jobs that send and compare."""
    return list(Partner.objects.filter(is_active=True).exclude(endpoint="").order_by("code"))


def find_bank_partner(bank_code: str) -> Partner | None:
    """The active partner that takes orders for this catalog bank; None when there is none."""
    if not bank_code:
        return None
    return Partner.objects.filter(is_active=True, bank=bank_code).exclude(endpoint="").first()


def find_partners(codes: Iterable[str]) -> dict[str, Partner]:
    """Partners by code, for names beside what they sent; unknown codes are left out."""
    wanted = set(codes)
    return {each.code: each for each in Partner.objects.filter(code__in=wanted)} if wanted else {}


def as_actor(partner: Partner) -> Actor:
    """The partner as the journal writes it."""
    return Actor(ActorKind.PARTNER, partner.code)


def _within(officer: Officer) -> QuerySet[Partner]:
    require(officer, "partner.read")
    below = Q(scope_id=officer.unit_id) | Q(scope__path__startswith=f"{officer.unit.path}/")
    return Partner.objects.select_related("scope").filter(below)
