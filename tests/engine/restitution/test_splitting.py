"""What the worked cases leave open and `docs/restitution.md` settles, each point by a case in which it matters."""

import json

import pytest

from tests.engine.restitution.cases import case_of, paid, pays, row, worked
from yipanqi.engine.restitution import CaseError, Claim, Frozen, Policy, parse_case, second_round, split
from yipanqi.engine.tracing import trace


def test_direct_is_settled_account_by_account():
    """B holds V2's money alone and is direct, A is mixed; the run is called by the weaker of the two."""
    case = case_of(
        row(1, "V1", "A", "100.00"), row(2, "U", "A", "100.00"), row(3, "A", "ATM", "100.00"),
        row(4, "V2", "B", "50.00"),
        frozen={"A": "100.00", "B": "50.00"}, claims={"V1": "100.00", "V2": "50.00"},
    )  # fmt: skip
    found = split(case, Policy())
    assert found.basis == "proportional"
    assert {each.account: each.basis.rule for each in found.accounts} == {"A": "traced_share", "B": "direct"}
    assert paid(found) == {"A": {"V1": 5000}, "B": {"V2": 5000}}


def test_a_mixed_hop_upstream_makes_the_account_below_proportional():
    case = case_of(
        row(1, "V1", "A", "100.00"), row(2, "V2", "A", "50.00"), row(3, "A", "B", "30.00"),
        frozen={"B": "30.00"}, claims={"V1": "100.00", "V2": "50.00"},
    )  # fmt: skip
    found = split(case, Policy())
    assert found.basis == "proportional" and paid(found) == {"B": {"V1": 2000, "V2": 1000}}


def test_a_mixed_hop_whose_money_is_gone_does_not_matter():
    case = case_of(
        row(1, "V1", "A", "100.00"), row(2, "V2", "A", "50.00"), row(3, "A", "B", "30.00"), row(4, "B", "ATM", "30.00"),
        row(5, "V1", "B", "20.00"),
        frozen={"B": "20.00"}, claims={"V1": "120.00", "V2": "50.00"},
    )  # fmt: skip
    found = split(case, Policy())
    assert found.basis == "direct" and paid(found) == {"B": {"V1": 2000}}


@pytest.mark.parametrize(("serial", "basis"), [({}, "proportional"), ({"serial": 1}, "direct")])
def test_a_tie_without_serial_is_not_direct_until_the_account_is_empty(serial, basis):
    one = row(2, "A", "ATM", "40.00", **serial)
    other = {**row(3, "V1", "A", "60.00", **dict.fromkeys(serial, 2)), "booked_at": one["booked_at"]}
    rows = [row(1, "V1", "A", "100.00"), one, other]
    case = case_of(*rows, frozen={"A": "120.00"}, claims={"V1": "160.00"})
    assert split(case, Policy()).basis == basis
    emptied = case_of(
        *rows, row(4, "A", "ATM", "120.00"), row(5, "V1", "A", "10.00"),
        frozen={"A": "10.00"}, claims={"V1": "160.00"},
    )  # fmt: skip
    assert split(emptied, Policy()).basis == "direct"


def test_each_other_payer_is_a_source():
    """By the letter of the test: whose money the 100.00 were, U's or W's, is open."""
    rows = [
        row(1, "U", "A", "100.00"),
        row(2, "W", "A", "100.00"),
        row(3, "A", "ATM", "100.00"),
        row(4, "V", "A", "50.00"),
    ]
    case = case_of(*rows, frozen={"A": "150.00"}, claims={"V": "50.00"})
    found = split(case, Policy())
    assert found.basis == "proportional" and paid(found) == {"A": {"V": 3000}}


def test_what_came_before_the_account_was_empty_does_not_count():
    case = case_of(
        row(1, "V1", "A", "100.00"), row(2, "A", "ATM", "100.00"), row(3, "V2", "A", "60.00"),
        row(4, "U", "A", "40.00"),
        row(5, "A", "ATM", "50.00"),
        frozen={"A": "50.00"}, claims={"V1": "100.00", "V2": "60.00"},
    )  # fmt: skip
    assert pays(case) == {"A": {"V2": 3000}}
    assert pays(case, method="pari_passu") == {"A": {"V2": 3000}}
    assert pays(case, proportional="loss_ratio") == {"A": {"V2": 5000}}


def test_less_frozen_than_lies_there_is_the_claims_first():
    """80.00 lie there, 40.00 of them V's for sure; a freeze of the traced 40.00 is V's."""
    case = case_of(
        row(1, "V", "A", "40.00"), row(2, "U", "A", "40.00"), frozen={"A": "40.00"}, claims={"V": "40.00"}
    )
    found = split(case, Policy())
    assert found.basis == "direct" and paid(found) == {"A": {"V": 4000}}


def test_more_frozen_than_the_ledger_explains_is_unidentified():
    case = case_of(
        row(1, "V", "A", "50.00"), row(2, "U", "A", "50.00"), row(3, "A", "ATM", "50.00"),
        frozen={"A": "100.00"}, claims={"V": "90.00"},
    )  # fmt: skip
    assert pays(case) == {"A": {"V": 3333}}  # 100 × 50 / (100 + 50 that nobody explains)


def test_several_accounts_count_a_loss_no_further_than_its_money_came():
    rows = [
        row(1, "V1", "A", "100.00"), row(2, "V1", "B", "20.00"), row(3, "V2", "B", "40.00"),
        row(4, "B", "ATM", "30.00"),
    ]  # fmt: skip
    both = case_of(*rows, frozen={"A": "10.00", "B": "30.00"}, claims={"V1": "120.00", "V2": "40.00"})
    assert pays(both, proportional="loss_ratio") == {"A": {"V1": 1000}, "B": {"V1": 1000, "V2": 2000}}
    one = case_of(*rows, frozen={"B": "30.00"}, claims={"V1": "120.00", "V2": "40.00"})
    assert pays(one, proportional="loss_ratio") == {"B": {"V1": 2250, "V2": 750}}


def test_hotchpot_leaves_out_who_had_more_than_the_ratio():
    document = worked("X10")
    document["claims"] = {"V1": {"loss": "10000.00", "recovered": "9900.00"}, "V2": {"loss": "20000.00"}}
    file = parse_case(json.dumps(document))
    assert paid(split(file.case, file.runs[1])) == {"A": {"V2": 1300000}}


def test_the_holders_own_money_comes_last_by_lowest_balance():
    rows = [row(1, "V", "A", "50.00"), row(2, "X", "A", "50.00"), row(3, "A", "ATM", "50.00")]
    stranger = case_of(*rows, frozen={"A": "50.00"}, claims={"V": "50.00"})
    own = case_of(*rows, frozen={"A": "50.00"}, claims={"V": "50.00"}, own=["X"])
    assert pays(stranger, method="libr_cap") == {"A": {"V": 2500}}
    assert pays(own, method="libr_cap") == {"A": {"V": 5000}}


def test_the_lowest_of_several_balances_counts():
    """V1's 100.00 were cut to 90.00 and then to 40.00; V2 came later and is whole."""
    case = case_of(
        row(1, "V1", "A", "100.00"), row(2, "A", "ATM", "10.00"), row(3, "A", "ATM", "50.00"),
        row(4, "V2", "A", "100.00"),
        frozen={"A": "140.00"}, claims={"V1": "100.00", "V2": "100.00"},
    )  # fmt: skip
    assert pays(case, method="libr_cap") == {"A": {"V1": 4000, "V2": 10000}}


def test_ties_of_the_last_cent_go_by_first_loss_then_claim():
    rows = [
        row(2, "V1", "A", "1.00"),
        row(1, "V2", "A", "1.00"),
        {**row(3, "V0", "A", "1.00"), "booked_at": row(2, "", "", "")["booked_at"]},
    ]
    case = case_of(
        *rows,
        row(9, "A", "ATM", "2.00"),
        frozen={"A": "1.00"},
        claims={"V0": "1.00", "V1": "1.00", "V2": "1.00"},
    )
    assert pays(case, proportional="loss_ratio") == {"A": {"V2": 34, "V0": 33, "V1": 33}}
    two = case_of(
        *rows,
        row(9, "A", "ATM", "1.99"),
        frozen={"A": "1.01"},
        claims={"V0": "1.00", "V1": "1.00", "V2": "1.00"},
    )
    assert pays(two, proportional="loss_ratio") == {"A": {"V2": 34, "V0": 34, "V1": 33}}


def test_a_second_round_shares_what_the_first_left_without_its_claims():
    case = case_of(
        row(1, "V1", "A", "60.00"), row(2, "V2", "A", "40.00"), row(3, "U", "A", "20.00"), row(4, "A", "ATM", "60.00"),
        frozen={"A": "60.00"}, claims={"V1": "60.00"},
    )  # fmt: skip
    first = split(case, Policy())
    assert paid(first) == {"A": {"V1": 3000}} and first.held_minor == 3000
    later = second_round(first, {"V2": Claim(4000)})
    assert later.frozen == {"A": Frozen(3000)}
    assert pays(later) == {"A": {"V2": 2000}}  # as if both had been known from the start


def test_a_claim_that_comes_again_lacks_less():
    case = case_of(row(1, "V1", "A", "60.00"), frozen={"A": "50.00"}, claims={"V1": "60.00"})
    later = second_round(split(case, Policy()), {"V1": Claim(6000)}, {"A": Frozen(6000)})
    assert pays(later) == {"A": {"V1": 1000}}


def test_haircut_is_the_tracing_engines():
    rows = [
        row(1, "V1", "A", "33.33"), row(2, "V2", "A", "66.67"), row(3, "U", "A", "10.01"), row(4, "A", "B", "77.77"),
        row(5, "V3", "B", "5.00"), row(6, "B", "A", "40.00"), row(7, "A", "B", "20.20"),
    ]  # fmt: skip
    losses = {"V1": "33.33", "V2": "66.67", "V3": "5.00"}
    case = case_of(*rows, frozen={"A": "52.24", "B": "62.97"}, claims=losses)
    owners = trace(case.ledger, ["t1", "t2", "t5"]).owners
    victim = {"t1": "V1", "t2": "V2", "t5": "V3"}
    expected = {"A": {}, "B": {}}
    for each in owners:
        expected[each.account][victim[each.seed]] = each.held_minor
    assert pays(case, method="haircut") == expected


def test_a_transfer_has_one_claim():
    claims = {"V": {"loss": "1.00"}, "K": {"loss": "1.00", "transfers": ["t1"]}}
    document = {
        "id": "c",
        "transfers": [row(1, "V", "A", "1.00")],
        "frozen": {"A": {"principal": "1.00"}},
        "claims": claims,
    }
    with pytest.raises(CaseError, match=r"claim V, field transfers: transfer 't1' belongs to claim K too"):
        split(parse_case(json.dumps(document)).case, Policy())
    claims["K"]["transfers"] = ["t9"]
    with pytest.raises(CaseError, match=r"claim K, field transfers: there is no transfer 't9'"):
        split(parse_case(json.dumps(document)).case, Policy())
