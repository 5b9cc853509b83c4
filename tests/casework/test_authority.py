"""Who may do what: the table is asked, a refusal names the roles, an unknown act is a programming error."""

from __future__ import annotations

import pytest

from yipanqi import catalog
from yipanqi.casework.authority import ROLES_BY_ACT, ActUnknown, NotAllowed, Role, acts_of, may, require


def test_the_roles_are_those_of_the_catalog() -> None:
    assert [str(role) for role in Role] == list(catalog.roles())


@pytest.mark.parametrize("act", ROLES_BY_ACT)
def test_each_act_is_open_to_its_roles_and_to_no_other(act: str) -> None:
    assert ROLES_BY_ACT[act]
    for role in Role:
        allowed = role in ROLES_BY_ACT[act]
        assert may([role], act) is may([role.value], act) is allowed
        assert (act in acts_of([role])) is allowed


@pytest.mark.parametrize(
    ("role", "act", "allowed"),
    [
        ("operator", "seat.take", True),
        ("commander", "seat.take", False),
        ("commander", "wall.read", True),
        ("commander", "person.unmask", False),
        ("administrator", "staff.manage", True),
        ("administrator", "alert.read", False),
        ("administrator", "person.unmask", False),
        ("auditor", "journal.read", True),
        ("duty_officer", "directive.issue", True),
        ("station_officer", "directive.issue", False),
        ("station_officer", "directive.verify", False),
        ("operator", "directive.read", False),
        ("operator", "journal.read", False),
        ("station_officer", "work_order.complete", True),
        ("alliance_officer", "partner.manage", True),
        ("duty_officer", "quarantine.correct", True),
        ("operator", "freeze.read", False),
        ("approver", "freeze.propose", False),
        ("funds_officer", "freeze.sign", False),
        ("investigator", "return.manage", False),
        ("investigator", "return.pay", False),
        ("funds_officer", "return.sign", False),
        ("funds_officer", "objection.decide", False),
        ("appeal_officer", "objection.decide", True),
        ("appeal_officer", "money.read", False),
        ("auditor", "money.read", True),
        ("operator", "paper.read", False),
    ],
)
def test_the_lines_that_must_not_move(role: str, act: str, allowed: bool) -> None:
    assert may([role], act) is allowed


def test_papers_are_open_to_whoever_reads_what_they_are_about() -> None:
    reads = ("freeze.read", "screening.read", "return.read", "money.read")
    assert ROLES_BY_ACT["paper.read"] == frozenset().union(*(ROLES_BY_ACT[act] for act in reads))


def test_roles_add_up() -> None:
    assert may(["auditor", "operator"], "seat.take")
    assert acts_of(["auditor", "operator"]) == acts_of(["auditor"]) | acts_of(["operator"])
    require(["auditor", "operator"], "journal.read")


def test_a_refusal_names_the_act_and_the_roles() -> None:
    with pytest.raises(NotAllowed) as caught:
        require(["operator"], "partner.manage")
    assert caught.value.code == "not_allowed"
    assert caught.value.facts == {
        "act": "partner.manage",
        "allowed_roles": ("administrator", "alliance_officer"),
    }
    assert "administrator, alliance_officer" in str(caught.value)


def test_no_role_and_unknown_roles_may_do_nothing() -> None:
    assert acts_of([]) == acts_of(["emperor"]) == frozenset()
    assert not any(may(["emperor"], act) for act in ROLES_BY_ACT)


def test_an_unknown_act_is_never_quietly_refused() -> None:
    for ask in (lambda: may(["operator"], "seat.tkae"), lambda: require(["operator"], "seat.tkae")):
        with pytest.raises(ActUnknown) as caught:
            ask()
        assert caught.value.facts == {"act": "seat.tkae"}
