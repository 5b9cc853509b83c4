"""Splits equal the slow obvious oracle on random cases; money is conserved; nobody gets more than the net loss and its
interest; the order of the input is nothing.
"""

import json
import os
from collections import defaultdict
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.restitution.documents import documents
from tests.engine.restitution.oracle import World, cents, splits
from yipanqi.engine.restitution import Facts, explain, parse_case, second_round, sentence, split, split_json
from yipanqi.engine.restitution.comparing import USUAL

RUNS = int(os.environ.get("YIPANQI_RUNS", "120"))


def balances(rows, opening):
    return World({"transfers": rows, "opening": opening}, {}, {}).balance


def engine(document):
    """The engine's runs and second round, as in the oracle."""
    file = parse_case(json.dumps(document))
    facts = Facts(file.case) if file.case.shares is None else None
    found = [split(file.case, policy, facts) for policy in file.runs]
    if file.second:
        first = split(file.case, file.second.after, facts)
        found.append(split(second_round(first, file.second.claims, file.second.frozen), file.second.after))
    return found


def plain(found):
    document = split_json(found)
    paid = {a: {c: cents(m) for c, m in parts.items() if cents(m)} for a, parts in document["expect"].items()}
    held = {account: cents(minor) for account, minor in document["held"].items()}
    return document["basis"], paid, held, {c: cents(m) for c, m in document["unrecovered"].items()}


def without_zeros(expected):
    basis, paid, held, lost = expected
    return basis, {a: {c: m for c, m in parts.items() if m} for a, parts in paid.items()}, held, lost


@settings(max_examples=RUNS, deadline=None)
@given(document=documents(balances))
def test_equals_the_oracle(document):
    expected = [without_zeros(each) for each in splits(document)]
    assert [plain(each) for each in engine(document)] == expected


@settings(max_examples=RUNS, deadline=None)
@given(document=documents(balances))
def test_every_measure_equals_the_oracle(document):
    """All of them on one case, so that none is seldom met."""
    policies = [policy.chosen() for policy in USUAL.values()]
    policies += [dict(policies[1], prior_recovery="hotchpot"), dict(policies[0], unidentified="redistribute")]
    document = dict(document, runs=[{"policy": policy} for policy in policies])
    expected = [without_zeros(each) for each in splits(document)]
    assert [plain(each) for each in engine(document)] == expected


@settings(max_examples=RUNS, deadline=None)
@given(document=documents(balances))
def test_money_is_conserved_and_capped(document):
    for found in engine(document):
        total = defaultdict(int)
        for each in found.accounts:
            assert sum(each.paid.values()) + each.held_minor == each.principal_minor + each.interest_minor
            assert each.held_minor >= 0 <= each.held_principal_minor
            for claim, minor in each.paid.items():
                assert 0 <= each.principal_paid[claim] <= minor
                total[claim] += each.principal_paid[claim]
                net, part = each.dues[claim].net_minor, each.basis.parts[found.claims.index(claim)]
                weight = min(Fraction(net), Fraction(each.principal_minor * part, each.basis.whole))
                pool = Fraction(each.principal_minor + each.interest_minor, max(1, each.principal_minor))
                assert minor < weight * pool + 1  # the net loss and its own interest, rounded up at most
        for line in explain(found):
            assert sentence(line, "zh") and sentence(line, "en")
        for claim, given_ in found.case.claims.items():
            assert total[claim] + found.unrecovered[claim] == given_.net_minor
            assert found.unrecovered[claim] >= 0


@settings(max_examples=RUNS // 4 + 1, deadline=None)
@given(document=documents(balances), data=st.data())
def test_the_order_of_the_input_is_nothing(document, data):
    mixed = dict(document, transfers=data.draw(st.permutations(document["transfers"])))
    for part in ("claims", "frozen", "opening"):
        mixed[part] = dict(data.draw(st.permutations(list(document[part].items()))))
    assert [split_json(each) for each in engine(mixed)] == [split_json(each) for each in engine(document)]
