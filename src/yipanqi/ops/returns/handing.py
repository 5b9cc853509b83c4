"""Handing held money over with the file (随案移送): proposed, approved by another officer, received by the court or
the procuratorate.

A freeze goes as it stands, with nothing of it attributed to a victim. Leaves alone: what they do with it, and the
freeze's own posting (ops.measures).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.casework.lifecycles.hand_over import HAND_OVER
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.measures.freezing.ending import hand_over as hand_freeze_over
from yipanqi.ops.measures.freezing.moving import attributed_minor, changes_under_way, lock_freezes
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.asking import ask
from yipanqi.ops.returns.looking import access_hand_over
from yipanqi.ops.returns.models import HandOver, HandOverLine, ReturnFund
from yipanqi.ops.returns.moving import ReturnRefused
from yipanqi.ops.returns.repaying import STAGES, lock_case
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

TO = ("procuratorate", "court")
RECEIVER_MAX, NUMBER_MAX = 100, 64


@dataclass(frozen=True)
class HandOverFacts:
    """What goes along, to whom, and at which stage of the proceedings."""

    case_id: uuid.UUID
    to: str
    receiver: str
    stage: str
    freeze_ids: Sequence[uuid.UUID] = ()
    escrow_minor: int = 0


@transaction.atomic
def propose_hand_over(*, facts: HandOverFacts, acting_officer: "Officer", now: datetime) -> HandOver:
    """Propose to hand money over. Raises ReturnRefused: field_missing, fund_in_other_return, not_attributable."""
    access_case(acting_officer, facts.case_id, act="hand_over.propose")
    case = lock_case(facts.case_id)
    _check(facts)
    freezes = lock_freezes(facts.freeze_ids)
    for freeze in freezes:
        _check_free(freeze, case)
    if facts.escrow_minor > balance(Book.HOLDINGS, Kind.ESCROW, case_id=case.id):
        raise ReturnRefused("less lies in the escrow", code="not_attributable")
    if not freezes and facts.escrow_minor <= 0:
        raise ReturnRefused("nothing is handed over", code="field_missing", field="freeze")
    acting = as_actor(acting_officer)
    made = HandOver(
        id=new_id(now),
        case=case,
        status=HAND_OVER.initial,
        to=facts.to,
        receiver=Sealed.of("text", facts.receiver.strip()),
        stage=facts.stage,
        proposed_by=acting_officer,
        proposed_at=now,
    )
    made.put_at(case.place_code)
    made.save(force_insert=True)
    lines = [
        HandOverLine(hand_over=made, freeze=each, minor=each.frozen_minor, interest_minor=each.interest_minor)
        for each in freezes
    ]
    if facts.escrow_minor:
        lines.append(HandOverLine(hand_over=made, escrow_minor=facts.escrow_minor, minor=facts.escrow_minor))
    HandOverLine.objects.bulk_create(lines)
    ask(made, officer=acting_officer, now=now)
    seen = {"kind": made.to, "stage": made.stage, **_sums(lines)}
    write_entries([hand_over_draft(made, "hand_over.proposed", acting, now, **seen)])
    return made


def settle(hand_over: HandOver, *, signed: bool, officer: "Officer", now: datetime) -> Draft:
    """Approve a locked hand-over, which makes its list, or drop it (saved here)."""
    acting = as_actor(officer)
    draft = move_hand_over(hand_over, "sign" if signed else "decline", acting, now)
    if signed:
        hand_over.signed_by, hand_over.signed_at = officer, now
        paper = _make_list(hand_over, acting, now)
        hand_over.document, hand_over.paper_id = paper.number, paper.id
    hand_over.save()
    return draft


@transaction.atomic
def enter_hand_over_receipt(
    *, hand_over_id: uuid.UUID, version: int, number: str, acting_officer: "Officer", now: datetime
) -> HandOver:
    """Enter the receiver's receipt: the freezes go along now, and what the escrow gave.

    Raises ReturnRefused: version_conflict, field_missing, not_attributable when a freeze has ended or was attributed.
    """
    seen = access_hand_over(acting_officer, hand_over_id, act="hand_over.propose")
    case = lock_case(seen.case_id)
    lines = list(seen.lines.order_by("id"))
    freezes = {each.id: each for each in lock_freezes([line.freeze_id for line in lines if line.freeze_id])}
    hand_over = (
        HandOver.objects.for_system("locked by id").select_for_update(no_key=True).get(id=hand_over_id)
    )
    if hand_over.version != version:
        raise ReturnRefused("it was changed meanwhile", code="version_conflict", version=hand_over.version)
    number = number.strip()
    if not 0 < len(number) <= NUMBER_MAX:
        raise ReturnRefused("a receipt has a number", code="field_missing", field="number")
    draft = move_hand_over(hand_over, "receive", as_actor(acting_officer), now)
    for line in lines:
        _hand(line, freezes, case, hand_over, as_actor(acting_officer), now)
    draft.payload.update(_sums(lines))
    hand_over.received_at, hand_over.receipt_number = now, number
    hand_over.save()
    write_entries([draft])
    return hand_over


def _hand(
    line: HandOverLine,
    freezes: dict[uuid.UUID, Freeze],
    case: Case,
    hand_over: HandOver,
    acting: Actor,
    now: datetime,
) -> None:
    """Let one line go: a freeze as it stands by now, which the line keeps, or a sum out of the escrow."""
    if line.freeze_id is not None:
        freeze = freezes[line.freeze_id]
        _check_free(freeze, case)
        line.minor, line.interest_minor = freeze.frozen_minor, freeze.interest_minor
        line.save(update_fields=["minor", "interest_minor"])
        hand_freeze_over(freeze, acting=acting, now=now, hand_over_id=hand_over.id)
        return
    place = {"case_id": case.id, "place_code": case.place_code}
    legs = shift(Book.HOLDINGS, Kind.ESCROW, Kind.HANDED_OVER, line.minor, **place)
    ref = ("hand_over", hand_over.id)
    post("hand_over", legs, once=f"hand_over:{hand_over.id}", ref=ref, acting=acting, now=now, **place)


def move_hand_over(hand_over: HandOver, act: str, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked hand-over (not saved) and return its journal draft."""
    transition = HAND_OVER.next(hand_over.status, act)
    before, hand_over.status = hand_over.status, transition.target
    hand_over.version += 1
    return hand_over_draft(hand_over, transition.event, acting, now, before=before, **payload)


def hand_over_draft(
    hand_over: HandOver, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a hand-over."""
    key = str(hand_over.id)
    body = {"hand_over_id": key, "case_id": str(hand_over.case_id), **payload}
    place = hand_over.place_code
    return Draft(event, acting, "hand_over", key, now, place, body, before=before, after=hand_over.status)


def _check_free(freeze: Freeze, case: Case) -> None:
    """Pass silently when a locked freeze of the case holds money of which no victim has a share yet."""
    if freeze.case_id != case.id or freeze.status != "frozen":
        raise ReturnRefused("the freeze holds no money of this case", code="not_attributable")
    if attributed_minor(freeze):
        raise ReturnRefused("victims have shares of it", code="money_attributed")
    if changes_under_way(freeze).exists():
        raise ReturnRefused("a change of it is under way", code="change_under_way")
    if ReturnFund.objects.filter(freeze=freeze, is_open=True).exists():
        raise ReturnRefused("it stands in a return", code="fund_in_other_return")


def _check(facts: HandOverFacts) -> None:
    if facts.to not in TO or facts.stage not in STAGES:
        raise ReturnRefused("no such choice", code="field_unknown", field="to")
    receiver = facts.receiver.strip()
    if not receiver:
        raise ReturnRefused("needed", code="field_missing", field="receiver")
    if len(receiver) > RECEIVER_MAX:
        raise ReturnRefused("too long", code="field_too_long", field="receiver", limit=RECEIVER_MAX)


def _sums(lines: Sequence[HandOverLine]) -> dict[str, int]:
    return {
        "amount_minor": sum(line.minor for line in lines),
        "interest_minor": sum(line.interest_minor for line in lines),
    }


def _make_list(hand_over: HandOver, acting: Actor, now: datetime) -> Paper:
    rows = []
    for line in hand_over.lines.select_related("freeze__account", "freeze__partner").order_by("id"):
        freeze = line.freeze
        rows.append(
            [
                "冻结存款" if freeze else "退赃款",
                f"{freeze.partner.name_zh} {freeze.account.number.reveal()}" if freeze else "涉案款专户",
                format_amount(line.minor),
                format_amount(line.interest_minor),
                freeze.until_date.isoformat() if freeze and freeze.until_date else "",
            ]
        )
    return make_paper(
        "handover_list",
        fields={
            "case": hand_over.case.number,
            "receiver": hand_over.receiver.reveal(),
            "officers": hand_over.proposed_by.name,
        },
        tables={"lines": rows},
        subject=("hand_over", hand_over.id),
        case_id=hand_over.case_id,
        place_code=hand_over.place_code,
        acting=acting,
        now=now,
    )
