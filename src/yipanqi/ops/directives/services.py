"""The acts on directives: issuing, receiving from a partner, and every step of the lifecycle; each is journaled.

Reading what was written is in `reading`, whose turn it is in `rules`, the clock in `deadlines`.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Max

from yipanqi.casework.lifecycles.directive import DIRECTIVE
from yipanqi.kernel.days import day_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import lies_below
from yipanqi.ops.directives.enums import IssuerKind
from yipanqi.ops.directives.models import Directive, Remark
from yipanqi.ops.directives.queries import access_directive
from yipanqi.ops.directives.reading import FindPlace, Instruction, check_words, identify, read_instruction
from yipanqi.ops.directives.rules import GATES, PER_YEAR, check_turn
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.jurisdictions.queries import find_place
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import as_actor as partner_as_actor
from yipanqi.ops.partners.rows import FieldError, check_place, check_text, text_of
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASON_CHARS = 200
NUMBERS_LOCK = 0x7A68696C  # "zhil"


class VersionConflict(YipanqiError):
    """The directive changed since the officer saw it. Facts: version."""

    code = "version_conflict"


class IdConflict(YipanqiError):
    """The issuer has used this external id before, for another content."""

    code = "external_id_conflict"


@transaction.atomic
def issue_directive(
    *,
    row: object,
    acting_officer: "Officer",
    now: datetime,
    subject_kind: str = "",
    subject_id: uuid.UUID | None = None,
) -> tuple[Directive, bool]:
    """Order a unit below the officer's own; the directive, and whether the same was issued before.

    `row` has the fields of `reading.FIELDS`; its `external_id` is the form's own token. Raises RowRefused, IdConflict.
    """
    require(acting_officer, "directive.issue")
    unit = acting_officer.unit_id

    def below(code: str) -> str:
        if find_place(code) is None:
            raise FieldError("no such place", code="jurisdiction_unknown")
        if not lies_below(code, unit):
            raise FieldError("not below the own unit", code="place_not_below")
        return code

    directive = Directive(
        issuer_kind=IssuerKind.OFFICER,
        issuer_code=unit,
        issued_by=acting_officer,
        verifying_code=unit,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    payload: dict[str, object] = {"officer_id": str(acting_officer.id)}
    return _enter(directive, row, below, "", as_actor(acting_officer), now, payload)


@transaction.atomic
def receive_directive(*, row: object, partner: Partner, now: datetime) -> tuple[Directive, bool]:
    """Take a partner's directive in for a unit in the partner's scope; the directive, and whether it was here before.

    The unit it is addressed to checks and feeds back, even when it hands the directive down.
    Raises RowRefused, IdConflict.
    """
    scope = partner.scope_id
    directive = Directive(issuer_kind=IssuerKind.PARTNER, issuer_code=partner.code)
    return _enter(
        directive,
        row,
        lambda code: check_place(code, scope),
        scope,
        partner_as_actor(partner),
        now,
        {"partner_id": partner.pk},
    )


def _enter(
    directive: Directive,
    row: object,
    find_unit: FindPlace,
    default_place: str,
    acting: Actor,
    now: datetime,
    payload: dict[str, object],
) -> tuple[Directive, bool]:
    """Number and store a new directive, one at a time in the whole centre, or give back the one that is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERS_LOCK])
    rows = Directive.objects.for_system("numbers and external ids know no place")
    external_id, digest = identify(row)
    known: Directive | None = rows.filter(
        issuer_kind=directive.issuer_kind, issuer_code=directive.issuer_code, external_id=external_id
    ).first()
    if known is not None:
        if known.digest != digest:
            raise IdConflict("this id was used for another directive")
        return known, True
    found = read_instruction(row, find_place=find_unit, default_place=default_place, now=now)
    _fill(directive, found, now)
    last = rows.filter(number__lt=_first_number(now) + PER_YEAR).aggregate(last=Max("number"))["last"]
    directive.number = max(last or 0, _first_number(now)) + 1
    directive.save(force_insert=True)
    write_entry(directive_draft(directive, "directive.issued", acting, now, **payload))
    return directive, False


def _first_number(now: datetime) -> int:
    return day_of(now).year * PER_YEAR


def _fill(directive: Directive, found: Instruction, now: datetime) -> None:
    directive.id = new_id(now)
    directive.external_id, directive.digest = found.external_id, found.digest
    directive.kind, directive.urgent = found.kind, found.urgent
    directive.title, directive.text = Sealed.of("text", found.title), Sealed.of("text", found.text)
    directive.status, directive.issued_at, directive.due_at = DIRECTIVE.initial, now, found.due_at
    directive.put_at(found.place_code)
    directive.verifying_code = directive.verifying_code or found.place_code


@transaction.atomic
def accept_directive(
    *, directive_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> Directive:
    """The unit takes the directive in hand."""
    directive = _lock(directive_id, version, "accept", acting_officer)
    directive.accepted_at, directive.accepted_by = now, acting_officer
    return _move(directive, "accept", acting_officer, now)


@transaction.atomic
def hand_down(
    *, directive_id: uuid.UUID, version: int, place_code: str, acting_officer: "Officer", now: datetime
) -> Directive:
    """Give the directive to a unit below the one it stands at. Raises FieldError `place_not_below`."""
    directive = _lock(directive_id, version, "hand_down", acting_officer)
    before = directive.place_code
    if find_place(place_code) is None or not lies_below(place_code, before):
        raise FieldError("not below the own unit", code="place_not_below", field="place")
    directive.put_at(place_code)
    directive.accepted_at, directive.accepted_by = None, None
    return _move(directive, "hand_down", acting_officer, now, place_before=before)


@transaction.atomic
def report_directive(
    *, directive_id: uuid.UUID, version: int, report: str, acting_officer: "Officer", now: datetime
) -> Directive:
    """Say what was done; the checking unit has the next word. Raises FieldError for an empty or too long report."""
    directive = _lock(directive_id, version, "act", acting_officer)
    words = check_words(_words(report, "report", "field_missing"))
    directive.report = Sealed.of("text", words)
    directive.acted_at, directive.acted_by = now, acting_officer
    _remark(directive, "act", words, acting_officer, now)
    return _move(directive, "act", acting_officer, now)


@transaction.atomic
def verify_directive(
    *, directive_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> Directive:
    """The checking unit is satisfied; a second person, never the one who acted. Raises OwnReport."""
    directive = _lock(directive_id, version, "verify", acting_officer)
    directive.verified_at, directive.verified_by = now, acting_officer
    return _move(directive, "verify", acting_officer, now)


@transaction.atomic
def send_back(
    *, directive_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> Directive:
    """The checking unit is not satisfied and says why; the unit has the directive in hand again. Raises OwnReport."""
    directive = _lock(directive_id, version, "send_back", acting_officer)
    _remark(directive, "send_back", _reason(reason), acting_officer, now)
    directive.report = Sealed.of("text", "")
    directive.acted_at, directive.acted_by = None, None
    return _move(directive, "send_back", acting_officer, now)


@transaction.atomic
def feed_back(
    *, directive_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> Directive:
    """Close the directive with its checked report as the feedback; a partner may read it from now on."""
    directive = _lock(directive_id, version, "feed_back", acting_officer)
    directive.fed_back_at = now
    return _move(directive, "feed_back", acting_officer, now)


@transaction.atomic
def withdraw_directive(
    *, directive_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> Directive:
    """The issuing unit takes back what nobody has reported on yet, and says why."""
    directive = _lock(directive_id, version, "withdraw", acting_officer)
    _remark(directive, "withdraw", _reason(reason), acting_officer, now)
    return _move(directive, "withdraw", acting_officer, now)


def _lock(directive_id: uuid.UUID, version: int, act: str, officer: "Officer") -> Directive:
    """The directive, locked at the version the officer saw, when it is their unit's turn."""
    access_directive(officer, directive_id, act=GATES[act])
    rows = Directive.objects.in_scope(officer.scope_code).select_for_update(no_key=True)
    directive: Directive = rows.get(id=directive_id)
    if directive.version != version:
        message = f"directive {directive_id} was changed meanwhile"
        raise VersionConflict(message, version=directive.version)
    check_turn(directive, act, officer)
    return directive


def _move(directive: Directive, act: str, officer: "Officer", now: datetime, **payload: object) -> Directive:
    transition = DIRECTIVE.next(directive.status, act)
    before, directive.status = directive.status, transition.target
    directive.version += 1
    directive.save()
    payload["officer_id"] = str(officer.id)
    write_entry(
        directive_draft(directive, transition.event, as_actor(officer), now, before=before, **payload)
    )
    return directive


def directive_draft(
    directive: Directive, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event: with all the wall needs to show the directive, and no word of it."""
    body: dict[str, object] = {
        "directive_id": str(directive.id),
        "directive_kind": directive.kind,
        "issuer_kind": str(directive.issuer_kind),
        "issuer": directive.issuer_code,
        "urgent": directive.urgent,
        "late": directive.late_at is not None,
        "issued_at": directive.issued_at.isoformat(),
        "due_at": directive.due_at.isoformat(),
        **payload,
    }
    return Draft(
        event,
        acting,
        "directive",
        str(directive.id),
        now,
        directive.place_code,
        body,
        before=before,
        after=directive.status,
    )


def _remark(directive: Directive, act: str, words: str, officer: "Officer", now: datetime) -> None:
    remark = Remark(
        id=new_id(now),
        directive=directive,
        act=act,
        text=Sealed.of("text", words),
        officer=officer,
        made_at=now,
    )
    remark.save(force_insert=True)


def _reason(text: str) -> str:
    return check_text(_words(text, "reason", "reason_required"), REASON_CHARS)


def _words(text: str, field: str, code_when_empty: str) -> str:
    words = check_text(text_of(text))
    if not words:
        raise FieldError(f"the {field} is empty", code=code_when_empty, field=field)
    return words
