"""Choices come from the run, else from the pack, else from the contract."""

import pytest

from yipanqi import catalog
from yipanqi.catalog.packs import PACK_KEYS
from yipanqi.engine.restitution import CaseError, Policy, policy_from_pack, policy_of
from yipanqi.engine.restitution.policy import CHOICES


def test_the_pack_of_the_mainland_says_what_the_contract_says():
    assert policy_from_pack(catalog.policy("CN")) == Policy()
    assert policy_from_pack(catalog.policy("SG")) == Policy()  # holds nothing of returns


def test_every_choice_of_a_pack_is_known_here():
    for key, allowed in CHOICES.items():
        if key != "method":
            assert PACK_KEYS[f"return.{key}"].choices == allowed


def test_what_is_given_wins():
    default = Policy(interest="hold", proportional="loss_ratio")
    assert policy_of({"interest": "follow_principal", "method": None}, default) == Policy(
        proportional="loss_ratio"
    )
    with pytest.raises(CaseError, match="policy, field remainder: 'x' is none of largest_remainder, hold"):
        policy_of({"remainder": "x"})
    with pytest.raises(CaseError, match="policy, field remainder: 5 is no word"):
        policy_of({"remainder": 5})
