"""Protecting a resident's card from the seat (护卡), while the call goes on and nothing has been paid yet.

The part stands beside the call and looks again by itself; what is typed elsewhere on the board is untouched. The page
around it is `seat`'s.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yipanqi import catalog
from yipanqi.casework.authority import roles_for
from yipanqi.ops.alerts.queries import access_alert
from yipanqi.ops.cases.reading import CARD_FIELDS, read_card
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.measures.moving import StopRefused
from yipanqi.ops.measures.proposing import propose_stop
from yipanqi.ops.measures.queries import list_stops_of_alert
from yipanqi.ops.measures.victims import stop_before_payment
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.ops.staff.gates import may
from yipanqi.web import cases as shown
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence
from yipanqi.web.views.intake import flaw_sentence

FIELD_OF_STOP = {"bank_not_connected": "payer_bank", "name": "holder_name"}


@desk("stop.propose")
@require_GET
def part(request: HttpRequest, alert_id: uuid.UUID) -> HttpResponse:
    """The part alone, asked for while a stop is under way."""
    alert = access_alert(request.user, alert_id)
    return render(request, "seat/_protect_stops.html", {"protect": part_of(request, alert)})


def propose(request: HttpRequest, alert: Any) -> dict[str, str]:
    """Propose to protect the card in the form, for an alert that passed its gate; what was refused, by field."""
    at = now()
    try:
        card = read_card(_typed(request), scope_code=request.user.scope_code, now=at)
        propose_stop(proposal=stop_before_payment(alert, card), acting_officer=request.user, now=at)
    except RowRefused as refusal:
        return {flaw.field: flaw_sentence(flaw) for flaw in refusal.flaws}
    except StopRefused as refusal:
        what = str(refusal.facts.get("field") or refusal.code)
        return {FIELD_OF_STOP.get(what, "payer_account"): error_sentence(refusal)}
    return {}


def part_of(
    request: HttpRequest, alert: Any, errors: dict[str, str] | None = None
) -> dict[str, object] | None:
    """The form and the stops that came from the alert; None for who may not propose any."""
    if not may(request.user, "stop.propose"):
        return None
    laid = list_stops_of_alert(request.user, alert)
    return {
        "alert_id": alert.id,
        "holder": alert.person.name.masked,
        "banks": shown.bank_choices(),
        "values": _typed(request) if errors else dict.fromkeys(CARD_FIELDS, ""),
        "errors": errors or {},
        "stops": [shown.stop_shown(stop) for stop in laid],
        "look_again": shown.look_again(laid),
        "rules": shown.rules(policy_in_force(now())),
    }


def still_held(request: HttpRequest, alert: Any) -> dict[str, object] | None:
    """The resident's stops that go on after the call ended well, and who lifts them; None when there are none."""
    laid = [shown.stop_shown(stop) for stop in list_stops_of_alert(request.user, alert)]
    live = [stop for stop in laid if stop["live"] and stop["status"]["code"] != "lifting"]
    if not live:
        return None
    language = show.language()
    names = [catalog.roles()[role].name.get(language) for role in sorted(roles_for("stop.lift"))]
    return {
        "stops": live,
        "can_lift": may(request.user, "stop.lift"),
        "who": ("、" if language.startswith("zh") else ", ").join(names),
    }


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in CARD_FIELDS}
