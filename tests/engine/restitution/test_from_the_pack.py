"""The packs' words for a split are the engine's: same choices, same methods, and the mainland's are its defaults."""

from yipanqi import catalog
from yipanqi.catalog.packs import METHODS as PACK_METHODS
from yipanqi.catalog.packs import PACK_KEYS
from yipanqi.engine.restitution.policy import CHOICES, METHODS, Policy, policy_from_pack


def test_both_packs_give_the_engines_defaults() -> None:
    assert policy_from_pack(catalog.policy("CN")) == policy_from_pack(catalog.policy("SG")) == Policy()


def test_a_pack_may_say_what_the_engine_can_do() -> None:
    assert PACK_METHODS[1:] == METHODS
    for key in CHOICES.keys() - {"method"}:
        assert PACK_KEYS[f"return.{key}"].choices == CHOICES[key], key
