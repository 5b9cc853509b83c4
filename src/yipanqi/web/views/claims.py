"""One victim's claim in a return: telling the victim, the application, its check by another officer, leaving it out.

The follow code is shown in the answer to the act that made it, and nowhere else.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.returns import claiming as services
from yipanqi.ops.returns.issuing import issue_code
from yipanqi.ops.returns.opening import add_claim
from yipanqi.ops.returns.queries import access_claim, access_return, origins_of
from yipanqi.ops.returns.standing import shares_of
from yipanqi.ops.staff.gates import may
from yipanqi.web import claims as shown
from yipanqi.web import papers
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.returns import PREPARED
from yipanqi.web.views.returns import head, page_of, story

FIELDS = (
    "applicant",
    "agent_name",
    "agent_ground",
    "destination",
    "account",
    "bank",
    "other_reason",
    "holder_name",
)


@desk("return.manage")
@require_POST
def add(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Take a further victim's case into the return, by its number."""
    found = access_return(request.user, return_id, act="return.manage")
    try:
        add_claim(
            return_id=return_id,
            version=read_int(request.POST.get("version")),
            case_number=request.POST.get("case", "").strip(),
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code == "not_allowed":
            raise
        return page_of(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_detail", args=[return_id]), status=303)


@desk("return.manage")
@require_GET
def claim(request: HttpRequest, return_id: uuid.UUID, claim_id: uuid.UUID) -> HttpResponse:
    """One claim: what is known, and its next step."""
    return _page(request, return_id, claim_id)


@desk("return.manage")
@never_cache
@require_POST
def move(request: HttpRequest, return_id: uuid.UUID, claim_id: uuid.UUID) -> HttpResponse:
    """Tell the victim, give a new code, verify, leave out or take in again."""
    act, code = request.POST.get("act", ""), ""
    given: dict[str, Any] = {"claim_id": claim_id, "acting_officer": request.user, "now": now()}
    versioned = given | {"version": read_int(request.POST.get("version"))}
    access_claim(request.user, claim_id, act="return.manage")
    try:
        if act == "notify":
            code = services.notify_claim(**versioned)[1]
        elif act == "code":
            code = issue_code(**given)
        elif act == "verify":
            services.verify_claim(**versioned)
        elif act == "exclude":
            services.exclude_claim(**versioned, reason=request.POST.get("reason", ""))
        elif act == "restore":
            services.restore_claim(**versioned)
        else:
            raise YipanqiError("no such act", code="not_found")
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(
            request, return_id, claim_id, refused=error_sentence(error), status=STATUS.get(error.code, 422)
        )
    if code:
        return _page(request, return_id, claim_id, code=code)
    return HttpResponseRedirect(reverse("claim", args=[return_id, claim_id]), status=303)


@desk("return.manage")
@require_POST
def apply(request: HttpRequest, return_id: uuid.UUID, claim_id: uuid.UUID) -> HttpResponse:
    """Enter the victim's application, or another account where the first took no money."""
    found = access_claim(request.user, claim_id, act="return.manage")
    values = {name: request.POST.get(name, "").strip() for name in FIELDS}
    try:
        services.enter_application(
            claim_id=claim_id,
            version=read_int(request.POST.get("version")),
            facts=_facts(found, values),
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        said = error_sentence(error)
        return _page(
            request, return_id, claim_id, values=values, error=said, status=STATUS.get(error.code, 422)
        )
    return HttpResponseRedirect(reverse("claim", args=[return_id, claim_id]), status=303)


def _facts(found: Any, values: dict[str, str]) -> Any:
    """What the form says of who applies and where to pay."""
    agent = values["applicant"] == "agent"
    other = values["destination"] == "other"
    return services.ApplicationFacts(
        applicant="agent" if agent else "victim",
        agent_name=values["agent_name"] if agent else "",
        agent_ground=values["agent_ground"] if agent else "",
        destination_id=None if other else read_uuid(values["destination"]),
        account=values["account"] if other else "",
        bank=values["bank"] if other else "",
        holder_name=values["holder_name"],
        other_reason=values["other_reason"] if other else "",
    )


def _page(
    request: HttpRequest,
    return_id: uuid.UUID,
    claim_id: uuid.UUID,
    *,
    code: str = "",
    refused: str = "",
    values: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    found = access_return(request.user, return_id, act="return.manage")
    one = access_claim(request.user, claim_id, act="return.manage")
    if one.fund_return_id != found.id:
        raise YipanqiError("the return does not hold it", code="not_found")
    shares, reserved = shares_of(found), {claim_id} if one.status in {"candidate", "notified"} else set()
    reserved &= set(shares)
    can = shown.acts(
        one, may_change=found.status in PREPARED, may_redirect=found.status in {"ordered", "paid"}
    )
    entered = one.applied_by_id == request.user.id  # type: ignore[union-attr]
    context = {
        **head(request, found, "detail"),
        "refused": refused,
        "claim": shown.facts(one, shares, reserved),
        "next": shown.next_of(one),
        "code": code,
        "can": can | {"verify": can["verify"] and not entered},
        "why_not_verify": _("You entered the application: another officer verifies it.")
        if can["verify"] and entered
        else "",
        "form": shown.form(one, origins_of(one), values or {}, error),
        "reasons": shown.exclude_reasons(),
        "may_read_case": may(request.user, "case.read"),
        "papers": papers.listed(one.id),
        "story": story([one.id]),
    }
    return render(request, "returns/claim.html", context, status=status)
