"""Lists and details of directives, always within the officer's scope; what is due first stands first, paged by key."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.directives.enums import IssuerKind
from yipanqi.ops.directives.models import Directive, Remark
from yipanqi.ops.jurisdictions.paging import Page, page_by_key
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20
OPEN = ("issued", "accepted", "acted", "verified")
# The tabs of the desk: the statuses behind each.
TABS: dict[str, tuple[str, ...]] = {
    "open": OPEN,
    "to_accept": ("issued",),
    "in_hand": ("accepted",),
    "to_verify": ("acted", "verified"),
    "done": ("fed_back", "withdrawn"),
}


class NotFound(YipanqiError):
    """No such directive within the officer's scope, or of this partner; the same answer whichever it is."""

    code = "not_found"


@dataclass(frozen=True)
class DirectiveFilter:
    """What the list is narrowed by: a tab of `TABS`, a kind, and whether other units' directives are left out."""

    tab: str = "open"
    kind: str = ""
    own: bool = False


def access_directive(
    officer: "Officer", directive_id: uuid.UUID, *, act: str = "directive.read"
) -> Directive:
    """The directive, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Directive.objects.in_scope(officer.scope_code)
    rows = rows.select_related("issued_by", "accepted_by", "acted_by", "verified_by")
    found: Directive | None = rows.filter(id=directive_id).first()
    if found is None:
        raise NotFound(f"directive {directive_id} is not in your scope")
    return found


def list_directives(
    officer: "Officer", wanted: DirectiveFilter, *, after: str = "", limit: int = PAGE
) -> Page:
    """Directives of the officer's scope: open ones by what is due first, done ones newest first."""
    rows, done = matching_directives(officer, wanted), wanted.tab == "done"
    return page_by_key(rows, "due_at", after, limit, newest_first=done)


def matching_directives(officer: "Officer", wanted: DirectiveFilter) -> Any:
    """The filtered directives as a lazy set, for counting no further than needed."""
    require(officer, "directive.read")
    rows = Directive.objects.in_scope(officer.scope_code).filter(status__in=TABS.get(wanted.tab, OPEN))
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    return rows.filter(_of_unit(officer.unit_id)) if wanted.own else rows


def waiting_for(officer: "Officer") -> Any:
    """Open directives on which the officer's own unit has to do the next step, as a lazy set."""
    require(officer, "directive.read")
    rows = Directive.objects.in_scope(officer.scope_code)
    received = Q(place_code=officer.unit_id, status__in=("issued", "accepted"))
    return rows.filter(received | Q(verifying_code=officer.unit_id, status__in=("acted", "verified")))


def list_remarks(directive: Directive) -> list[Remark]:
    """The words said about a directive that passed its gate, oldest first."""
    return list(directive.remarks.select_related("officer").order_by("made_at", "id"))


def get_directive_of(partner: Partner, external_id: str) -> Directive:
    """A partner's own directive by the partner's id of it. Raises NotFound."""
    rows = Directive.objects.for_system("a partner asks for its own")
    found: Directive | None = rows.filter(
        issuer_kind=IssuerKind.PARTNER, issuer_code=partner.code, external_id=external_id
    ).first()
    if found is None:
        raise NotFound("there is no such directive of this partner")
    return found


def _of_unit(code: str) -> Q:
    return Q(place_code=code) | Q(verifying_code=code)
