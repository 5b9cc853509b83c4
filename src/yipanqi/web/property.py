"""What the accused paid back and what goes along with a file, as the property page of a case shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.kernel.money import format_amount
from yipanqi.web import stops


def repayment(found: Any) -> dict[str, object]:
    """One repayment in a line."""
    return {
        "id": found.id,
        "kind": _kinds()[found.kind][0],
        "stage": _stages()[found.stage],
        "payer": found.payer_name.masked,
        "victim": found.victim.name.masked if found.victim else "",
        "amount": format_amount(found.amount_minor),
        "received_at": found.received_at,
        "receipt": found.receipt_number,
        "status": stops.status_of("repayment", found.status),
        "entered_by": found.entered_by.name,
        "confirmed_by": found.confirmed_by.name if found.confirmed_by else "",
    }


def hand_over(found: Any, *, may_receive: bool) -> dict[str, object]:
    """One hand-over with its lines."""
    lines = list(found.lines.all())
    return {
        "id": found.id,
        "version": found.version,
        "to": receivers()[found.to],
        "receiver": found.receiver.reveal(),
        "stage": _stages()[found.stage],
        "status": stops.status_of("hand_over", found.status),
        "proposed_by": found.proposed_by.name,
        "signed_by": found.signed_by.name if found.signed_by else "",
        "received_at": found.received_at,
        "receipt": found.receipt_number,
        "total": format_amount(sum(line.minor + line.interest_minor for line in lines)),
        "lines": [line_of(line) for line in lines],
        "can_receive": may_receive and found.status == "approved",
    }


def line_of(line: Any) -> dict[str, str]:
    """What goes along: an account's money, or money of the escrow."""
    return {
        "name": line.freeze.account.number.masked if line.freeze_id else _("Paid back by the accused"),
        "sum": format_amount(line.minor),
        "interest": format_amount(line.interest_minor) if line.interest_minor else "",
    }


def repay_form(kinds: Sequence[str], stages: Sequence[str], values: Mapping[str, str]) -> dict[str, object]:
    """The form for what was paid back."""
    names = _kinds()
    return {
        "kinds": [{"code": each, "name": names[each][0], "meaning": names[each][1]} for each in kinds],
        "stages": _choices(stages),
        "values": values,
    }


def hand_form(targets: Sequence[str], stages: Sequence[str], values: Mapping[str, str]) -> dict[str, object]:
    """The form for a hand-over."""
    names = receivers()
    return {
        "targets": [{"code": each, "name": names[each]} for each in targets],
        "stages": _choices(stages),
        "values": values,
    }


def receivers() -> dict[str, str]:
    """To whom property is handed over."""
    return {"procuratorate": _("Procuratorate"), "court": _("Court")}


def _choices(stages: Sequence[str]) -> list[dict[str, str]]:
    names = _stages()
    return [{"code": each, "name": names[each]} for each in stages]


def _stages() -> dict[str, str]:
    return {"investigation": _("Investigation"), "prosecution": _("Prosecution"), "trial": _("Trial")}


def _kinds() -> dict[str, tuple[str, str]]:
    return {
        "surrendered": (_("Surrendered to the unit"), _("Goes into escrow; shared by loss in a return.")),
        "compensated": (_("Paid straight to the victim"), _("Lessens the loss of this case's victim.")),
    }
