"""Real and published texts through the partner's door: every one is taken in, triaged and rings at a seat.

They are read from ../shared/data where that is; otherwise the synthetic province's narratives stand in, and the
test's output says which.
"""

import json

import pytest

from benchmarks.rows import texts
from yipanqi import catalog
from yipanqi.engine.narrative import classify
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.rehearsal.world import World

COUNT = 400
pytestmark = pytest.mark.django_db(transaction=True)


def test_every_text_becomes_a_ranked_call(world: World, client, capsys) -> None:
    narratives, source = texts()
    chosen = narratives[:: max(1, len(narratives) // COUNT)][:COUNT]
    limit = catalog.windows()["text_max_chars"].count
    rows = [world.row(text=text[:limit]) for text in chosen]
    key = world.partner("real")
    answer = client.post(
        "/api/v1/warnings/batch",
        json.dumps({"rows": rows}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 202
    assert answer.json()["accepted"] == len(chosen) and answer.json()["quarantined"] == 0
    world.triage()
    alerts = Alert.objects.for_system("the test looks everywhere")
    found = sorted(alerts.values_list("fraud_type", flat=True))
    assert found == sorted(classify(text[:limit]).fraud_type for text in chosen)
    calls = WorkOrder.objects.for_system("the test looks everywhere").filter(kind="call", status="waiting")
    assert calls.count() == len(chosen) and all(call.facts for call in calls)
    with capsys.disabled():
        print(
            f"\n{len(chosen)} texts, {source}: "
            + ", ".join(f"{c} {found.count(c)}" for c in sorted(set(found)))
        )
