"""The directives of the demo are such as the doors take, and leave something of every kind on the desk and the
wall.
"""

import re
from datetime import UTC, datetime

import pytest

from yipanqi import catalog
from yipanqi.kernel.places import lies_below
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.services import issue_directive
from yipanqi.rehearsal.duty import _ACT, _OURS, ISSUER, NEWS, PLAN, REPORTS
from yipanqi.rehearsal.staging import DUTIES, NATIONAL
from yipanqi.rehearsal.world import PROVINCE, World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_every_planned_directive_would_be_taken() -> None:
    assert {each.sender for each in PLAN} == {ISSUER, NATIONAL}
    known = catalog.jurisdictions()
    for each in PLAN:
        assert each.kind in catalog.directive_kinds() and 0 < len(each.title) <= 100 and each.text
        assert (each.place in known and lies_below(each.place, PROVINCE)) or (
            each.sender == NATIONAL and not each.place
        )
    assert {kind for kind, *_ in NEWS} <= set(catalog.directive_kinds()) and all(REPORTS)


def test_the_plan_leaves_something_to_look_at() -> None:
    staffed = {unit for unit, _ in DUTIES.values()}
    ends = [each.within or catalog.directive_kinds()[each.kind].due_within for each in PLAN]
    left = [each for each, within in zip(PLAN, ends, strict=True) if within < each.before]
    assert any(each.place not in staffed for each in left), "one is overdue"
    assert sum(not each.place for each in PLAN) >= 2, "the province has something to accept"
    assert any(each.urgent for each in PLAN) and any(each.place in staffed for each in PLAN)


def test_the_pages_are_read_as_they_are_written(world: World, client) -> None:
    issuer = world.officer("issuer", roles=["duty_officer"])
    officer = world.officer("county", roles=["duty_officer"], unit="350104")
    issue_directive(row=world.directive_row(), acting_officer=issuer, now=world.now)
    client.force_login(officer)
    (path,) = _OURS.findall(client.get("/directives?whose=own").content.decode())
    page = client.get(path).content.decode()
    found = re.search(_ACT, page, re.S)
    assert found and found[1] == f"{path}/accept" and found[2] == "1"
    assert client.post(found[1], {"version": found[2], "report": REPORTS[0]}).status_code == 303
    assert Directive.objects.for_system("look").get().status == "accepted"
    found = re.search(_ACT, client.get(path).content.decode(), re.S)
    assert found and found[1] == f"{path}/report"


@pytest.fixture
def world(db: None) -> World:
    return World(now=NOW).load()
