"""Methods side by side: one table, all facts found once, whatever was chosen for the runs."""

import json

from tests.engine.restitution.cases import worked
from yipanqi.engine.restitution import Policy, compare, parse_case


def test_the_textbook_fund_by_all_methods():
    found = compare(parse_case(json.dumps(worked("X13"))).case)
    assert list(found.splits) == [
        "traced_share",
        "loss_ratio",
        "haircut",
        "fifo",
        "lifo",
        "pari_passu",
        "libr_cap",
    ]
    rows = {row.claim: row.minor for row in found.rows}
    assert rows == {
        "K": (333, 333, 500, 1000, 0, 333, 333),
        "M": (333, 333, 250, 0, 0, 333, 333),
        "P": (334, 334, 250, 0, 1000, 334, 334),
        None: (0,) * 7,
    }
    assert found.unrecovered["P"] == (666, 666, 750, 1000, 0, 666, 666)
    facts = {id(split.facts) for split in found.splits.values()}
    assert len(facts) == 1


def test_policies_of_ones_own():
    found = compare(parse_case(json.dumps(worked("X18"))).case, {"a": Policy(), "b": Policy(interest="hold")})
    assert [(row.account, row.claim, row.minor) for row in found.rows] == [
        ("B", "V", (400000, 400000)), ("B", None, (500000, 500000)),
        ("C", "V", (100000, 100000)), ("C", None, (400000, 400000)),
    ]  # fmt: skip
