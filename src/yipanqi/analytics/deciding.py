"""What an officer makes of a suggested stop: it becomes a proposed stop, or it is put away with a reason."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.analytics.models import LedgerRow, Seed, StopSuggestion
from yipanqi.analytics.pushing import tell
from yipanqi.analytics.suggesting import move
from yipanqi.casework.lifecycles.stop_suggestion import STOP_SUGGESTION
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.cases.moving import lock_open_case
from yipanqi.ops.cases.services import note_level
from yipanqi.ops.journal.services import write_entry
from yipanqi.ops.measures.enums import Target
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

GROUND = "traced_account"
REASON_MAX = 500


class SuggestionNotFound(YipanqiError):
    """No such suggestion within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


class SuggestionRefused(YipanqiError):
    """A suggestion cannot be taken or dismissed so. Codes: version_conflict, reason_missing, field_too_long
    (limit).
    """

    code = "suggestion_refused"


def access_suggestion(
    officer: "Officer", suggestion_id: uuid.UUID, *, act: str = "stop.read"
) -> StopSuggestion:
    """The suggestion, if the officer may do `act` and its case lies in the officer's scope."""
    require(officer, act)
    rows = StopSuggestion.objects.in_scope(officer.scope_code).select_related("case", "account", "transfer")
    found: StopSuggestion | None = rows.filter(id=suggestion_id).first()
    if found is None:
        raise SuggestionNotFound(f"suggestion {suggestion_id} is not in your scope")
    return found


@transaction.atomic
def take_suggestion(
    *,
    suggestion_id: uuid.UUID,
    version: int,
    acting_officer: "Officer",
    now: datetime,
    holder_name: str = "",
) -> PaymentStop:
    """Propose the stop that the chase suggests, on the ground of the trace, at the version the officer saw.

    The four elements are those of the last transfer that brought traced money. The holder's name is what the officer
    gives, else what a transfer, a payment or an earlier stop named; nobody's makes `element_missing`. Raises as
    `propose_stop`.
    """
    suggestion = _locked(suggestion_id, acting_officer, version)
    account = suggestion.account
    STOP_SUGGESTION.next(suggestion.status, "take")
    proposal = traced_stop(
        suggestion.case, account, suggestion.bank, suggestion.transfer, holder_name=holder_name
    )
    stop = propose_stop(proposal=proposal, acting_officer=acting_officer, now=now)
    note_level(suggestion.case, account, level=suggestion.level)
    suggestion.stop, suggestion.ended_by = stop, acting_officer
    write_entry(move(suggestion, "take", acting=as_actor(acting_officer), now=now, stop_id=str(stop.id)))
    suggestion.save()
    tell(suggestion.place_code)
    return stop


@transaction.atomic
def dismiss_suggestion(
    *, suggestion_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> StopSuggestion:
    """Put a suggestion away with a reason; it comes again only when more money does. Raises SuggestionRefused."""
    suggestion = _locked(suggestion_id, acting_officer, version)
    if not reason.strip():
        raise SuggestionRefused("a reason is needed", code="reason_missing")
    if len(reason) > REASON_MAX:
        raise SuggestionRefused("the reason is too long", code="field_too_long", limit=REASON_MAX)
    write_entry(move(suggestion, "dismiss", acting=as_actor(acting_officer), now=now))
    suggestion.reason, suggestion.ended_by = Sealed.of("text", reason.strip()), acting_officer
    suggestion.save()
    tell(suggestion.place_code)
    return suggestion


def traced_stop(
    case: Case, account: Account, bank: str, transfer: LedgerRow | None, *, holder_name: str
) -> StopProposal:
    """The proposal to stop an account on the ground of a trace. What the bank matches is the transfer that brought
    traced money last, as it was booked: its whole amount, not what of it is traced or lies there still.
    """
    seed = Seed.objects.filter(case=case, row=transfer).first() if transfer else None
    return StopProposal(
        target=Target.SUSPECT,
        ground=GROUND,
        account=account.number.reveal(),
        bank=account.bank_code or bank,
        holder_name=holder_name.strip() or holder_of(account),
        asked_minor=transfer.amount_minor if transfer else None,
        transfer_at=transfer.booked_at if transfer else None,
        case_id=case.id,
        payment_id=seed.payment_id if seed else None,
    )


def holder_of(account: Account) -> str:
    """The holder's name of an account as a transfer, a payment or an earlier stop named it; "" when none did."""
    rows = LedgerRow.objects.exclude(payee_name="").filter(payee=account).order_by("-booked_at")
    told = [row.payee_name for row in rows[:1]]
    rows = LedgerRow.objects.exclude(payer_name="").filter(payer=account).order_by("-booked_at")
    told += [row.payer_name for row in rows[:1]]
    payments = Payment.objects.filter(payee=account, replaced_at__isnull=True).order_by("-entered_at")
    told += [payment.payee_name for payment in payments[:1]]
    stops = PaymentStop.objects.for_system("who holds an account is one fact").filter(account=account)
    told += [stop.holder_name for stop in stops.order_by("-proposed_at")[:1]]
    return next((str(name.reveal()) for name in told if name), "")


def _locked(suggestion_id: uuid.UUID, officer: "Officer", version: int) -> StopSuggestion:
    """The suggestion, locked after its case, if the officer may propose stops and saw this version."""
    seen = access_suggestion(officer, suggestion_id, act="stop.propose")
    lock_open_case(seen.case_id, officer, act="case.read")
    rows = StopSuggestion.objects.in_scope(officer.scope_code).select_for_update(no_key=True, of=("self",))
    found: StopSuggestion = rows.select_related("case", "account", "transfer").get(id=suggestion_id)
    if found.version != version:
        raise SuggestionRefused(
            "the suggestion was changed meanwhile", code="version_conflict", version=found.version
        )
    return found
