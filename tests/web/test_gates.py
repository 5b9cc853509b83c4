"""Every address of the centre: gated, and open to exactly the roles that the table of acts names."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from yipanqi import catalog
from yipanqi.casework.authority import ROLES_BY_ACT, Role
from yipanqi.kernel.errors import YipanqiError
from yipanqi.rehearsal.world import World

Route = tuple[str, str, Any]
NINJA_OWN = {"openapi-json", "openapi-view", "api-root"}


def routes(patterns: list[Any], above: str = "") -> Iterator[Route]:
    """(name, route, view) of every address."""
    for pattern in patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield pattern.name or "", route, pattern.callback


# The act behind each address, said here once more, so that a gate changed by mistake is seen. "" is open to all who
# signed in, None to all.
ACTS = {
    "login": None,
    "language": None,
    "alive": None,
    "ready": None,
    "public_returns": None,
    "home": "",
    "logout": "",
    "password": "",
    "seat": "seat.take",
    "seat_header": "seat.take",
    "seat_next": "seat.take",
    "seat_outcome": "seat.record",
    "seat_give_back": "work_order.give_back",
    "seat_undo": "seat.undo",
    "seat_unmask": "person.unmask",
    "seat_protect": "stop.propose",
    "protect_stops": "stop.propose",
    "visits": "visit.read",
    "visit": "visit.read",
    "visit_token": "visit.read",
    "visit_worker": None,
    "visit_photo": "visit.read",
    "visit_take": "visit.take",
    "visit_give_back": "visit.give_back",
    "visit_report": "visit.record",
    "visit_unmask": "person.unmask",
    "visit_cancel": "work_order.cancel",
    "visit_background": "visit.read",
    "alerts": "alert.read",
    "alert_export": "alert.read",
    "alert_detail": "alert.read",
    "directives": "directive.read",
    "directive_new": "directive.issue",
    "directive_detail": "directive.read",
    "directive_accept": "directive.accept",
    "directive_report": "directive.act",
    "directive_verify": "directive.verify",
    "directive_send_back": "directive.verify",
    "directive_feed_back": "directive.verify",
    "directive_hand_down": "directive.issue",
    "directive_withdraw": "directive.withdraw",
    "funds": "stop.read",
    "funds_rows": "stop.read",
    "stop_export": "stop.read",
    "funds_chase": "stop.read",
    "chase_stream": "stop.read",
    "chase_take_all": "stop.propose",
    "chase_take": "stop.propose",
    "chase_dismiss": "stop.propose",
    "reconciliation": "stop.read",
    "reconcile": "stop.reconcile",
    "difference_settle": "stop.reconcile",
    "answer_settle": "stop.reconcile",
    "answer_unmask": "person.unmask",
    "money_book": "money.read",
    "money_proof": "money.read",
    "money_book_export": "money.read",
    "paper": "paper.read",
    "freezes": "freeze.read",
    "freeze_export": "freeze.read",
    "freeze_detail": "freeze.read",
    "freeze_renew": "freeze.propose",
    "freeze_cut": "freeze.propose",
    "freeze_release": "freeze.propose",
    "freeze_let_lapse": "freeze.propose",
    "freeze_interest": "freeze.propose",
    "freeze_unmask": "person.unmask",
    "case_freeze": "freeze.propose",
    "stop_detail": "stop.read",
    "stop_lift": "stop.lift",
    "stop_extend": "stop.propose",
    "stop_unmask": "person.unmask",
    "screenings": "screening.read",
    "screening_detail": "screening.read",
    "evidence_add": "screening.enter",
    "evidence_view": "screening.read",
    "evidence_withdraw": "screening.enter",
    "screening_find": "screening.find",
    "screening_reopen": "screening.find",
    "screening_unmask": "person.unmask",
    "returns": "return.read",
    "return_new": "return.manage",
    "return_detail": "return.read",
    "return_move": "return.manage",
    "claim_add": "return.manage",
    "claim": "return.manage",
    "claim_move": "return.manage",
    "claim_apply": "return.manage",
    "return_methods": "return.manage",
    "methods_state": "return.manage",
    "methods_ask": "return.manage",
    "methods_choose": "return.manage",
    "methods_lines": "return.manage",
    "return_payouts": "return.pay",
    "payout_order": "return.pay",
    "payout_receipt": "return.pay",
    "objections": "return.read",
    "objection_lodge": "objection.enter",
    "objection_decide": "objection.decide",
    "case_property": "money.read",
    "repayment_enter": "repayment.enter",
    "hand_over_propose": "hand_over.propose",
    "hand_over_receipt": "hand_over.propose",
    "approvals": "stop.sign",
    "approvals_queue": "stop.sign",
    "approvals_pending": "stop.sign",
    "signature_sign": "stop.sign",
    "signature_decline": "stop.sign",
    "cases": "case.read",
    "case_export": "case.read",
    "case_new": "case.report",
    "case_detail": "case.read",
    "case_move": "case.read",
    "case_unmask": "person.unmask",
    "case_money": "case.read",
    "case_stop": "stop.propose",
    "case_register": "case.enter",
    "money": "trace.read",
    "money_state": "trace.read",
    "money_graph": "trace.read",
    "money_near": "trace.read",
    "money_account": "trace.read",
    "money_flow": "trace.read",
    "money_ask": "trace.ask",
    "money_export": "trace.export",
    "money_stop": "stop.propose",
    "money_pin": "trace.mark",
    "money_sink": "trace.mark",
    "money_unmask": "person.unmask",
    "money_files": "trace.read",
    "money_files_state": "trace.read",
    "money_rejects": "ledger.import",
    "hotline": "alert.intake",
    "imports": "alert.intake",
    "import_template": "alert.intake",
    "quarantine": "quarantine.read",
    "quarantine_detail": "quarantine.correct",
    "journal": "journal.read",
    "journal_verify": "journal.read",
    "partners": "partner.read",
    "policy": "policy.read",
    "staff": "staff.manage",
    "wall": "wall.read",
    "wall_state": "wall.read",
    "wall_stream": "wall.read",
}
# The act that a partner's key has to be good for; an answer to an order is signed instead.
API_ACTS = {
    ("/warnings", "POST"): "warnings.write",
    ("/warnings/batch", "POST"): "warnings.write",
    ("/reports", "POST"): "reports.write",
    ("/transfers", "POST"): "transfers.write",
    ("/answers", "POST"): "signed",
    ("/directives", "POST"): "directives.write",
    ("/directives/{path:external_id}", "GET"): "directives.write",
}
ALL = list(routes(get_resolver().url_patterns))
ROUTES = {name: route for name, route, _ in ALL}
DESKS = [(name, act) for name, act in ACTS.items() if act is not None]


def address(name: str) -> str:
    forms = ["pdf"] * ROUTES[name].count("<str:form>")
    return reverse(name, args=[uuid.uuid4() for _ in range(ROUTES[name].count("<uuid:"))] + forms)


def test_every_address_has_its_gate() -> None:
    from yipanqi.api.v1.service import api  # inline: the table above needs no API

    pages = {name: getattr(view, "gate", ()) for name, route, view in ALL if not route.startswith("api/")}
    said = {None: ("public",), "": ("signed_in",)}
    assert pages == {name: said.get(act, (act,)) for name, act in ACTS.items()}
    routed = {name for name, route, _ in ALL if route.startswith("api/")}
    assert routed >= NINJA_OWN and len(routed - NINJA_OWN) == len(API_ACTS)
    gates = {
        (router.prefix + path, method): [gate.gate for gate in operation.auth_callbacks]
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    assert gates == {call: [(act,)] for call, act in API_ACTS.items()}


def answers(client: Client, name: str) -> set[int]:
    """The statuses of GET and POST, leaving out a method that the address does not know."""
    found = set()
    for send in (client.get, client.post):
        response = send(address(name))
        if response.status_code != 405:
            found.add(response.status_code)
    return found


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The streams of the wall and of the chase never end by themselves; here each says one line."""
    monkeypatch.setattr("yipanqi.wall.views._messages", lambda *_: iter([b"retry: 1000\n\n"]))
    monkeypatch.setattr("yipanqi.web.views.chase._notices", lambda: iter([b"retry: 1000\n\n"]))


# What stands behind the gate asks once more: these need an act beside that of the gate.
BEHIND = {
    "seat_unmask": "work_order.read",
    "visit_unmask": "visit.read",
    "money_stop": "trace.read",
    "money_unmask": "trace.read",
    "screening_unmask": "freeze.read",
    "case_property": "case.read",
    "freeze_unmask": "freeze.read",
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_exactly_its_own(world: World, lines: None, role: Role) -> None:
    client = Client(raise_request_exception=True)
    for name, act in DESKS:
        if name == "logout":
            continue
        client.force_login(world.officer(f"o{uuid.uuid4().hex[:12]}", roles=[role]))
        allowed = not act or role in ROLES_BY_ACT[act]
        found = answers(client, name)
        if not allowed:
            assert found == {403}, (name, role)
        elif name in BEHIND and role not in ROLES_BY_ACT[BEHIND[name]]:
            assert found <= {403, 404}, (name, role)
        else:
            assert found and 403 not in found and max(found) < 500, (name, role, found)


def test_an_officer_without_roles_opens_only_the_door(world: World, lines: None) -> None:
    client = Client()
    client.force_login(world.officer("nobody", roles=[]))
    opened = {name for name, _ in DESKS if name != "logout" and 403 not in answers(client, name)}
    assert opened == {name for name, act in DESKS if not act} - {"logout"}


@pytest.mark.parametrize("name", [name for name, _ in DESKS])
def test_who_is_not_signed_in_is_shown_the_door(db: None, client: Client, name: str) -> None:
    for send in (client.get, client.post):
        url = address(name)
        answer = send(url)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={url}")
        part = send(url, headers={"HX-Request": "true"})
        assert (part.status_code, part["HX-Redirect"]) == (401, reverse("login"))


def test_a_closed_account_opens_nothing(world: World) -> None:
    client, officer = Client(), world.officer()
    client.force_login(officer)
    type(officer).objects.filter(id=officer.id).update(is_active=False)
    assert client.get("/seat").status_code == 302


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_refusals_are_pages_in_the_viewers_language(world: World, language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    client.force_login(world.officer(roles=["operator"]))
    correlation = {"X-Correlation-Id": "test-0123456789"}
    told = {"zh-hans": ("无权", "没有找到"), "en": ("You may not do this", "Not found")}[language]
    for url, status, sentence in (("/journal", 403, told[0]), (address("alert_detail"), 404, told[1])):
        page = client.get(url, headers=correlation)
        text = page.content.decode()
        assert page.status_code == status and sentence in text and "test-0123456789" in text
        assert f'lang="{language}"' in text and page["X-Correlation-Id"] == "test-0123456789"
    nowhere = client.get("/nowhere").content.decode()
    assert ("没有" if language == "zh-hans" else "There is no such page") in nowhere


@pytest.mark.parametrize("status", [400, 413])
def test_what_cannot_be_taken_says_so(world: World, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(world.officer(roles=["operator"]))
    code = {400: "row_refused", 413: "batch_too_large"}[status]
    monkeypatch.setattr("yipanqi.web.views.seat.access_work_order", refusing(code))
    page = client.post("/seat/unmask", {"work_order_id": str(uuid.uuid4()), "field": "phone"})
    text = page.content.decode()
    assert page.status_code == status and f">{status}<" in text and catalog.error_text(code).en in text
    assert "This cannot be taken as it was sent" in text and "Somebody was faster" not in text


def refusing(code: str) -> Any:
    """Any call ends in an error of this code."""

    def refuse(*_: Any, **__: Any) -> None:
        raise YipanqiError("refused", code=code)

    return refuse


def test_a_host_that_is_not_ours_is_refused_with_a_page(db: None) -> None:
    page = Client(headers={"Host": "elsewhere.example"}).get("/login")
    text = page.content.decode()
    assert page.status_code == 400 and 'class="stop-code number">400<' in text and "{{" not in text


def test_a_form_without_its_token_is_refused_in_the_viewers_language(world: World) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(world.officer())
    page = client.post("/seat/next")
    assert page.status_code == 403 and catalog.error_text("form_expired").en in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
