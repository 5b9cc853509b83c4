"""The two packs of the catalog: what they say, how a value is asked for, and that every value owns up to its source."""

from datetime import timedelta

import pytest

from yipanqi import catalog
from yipanqi.catalog.packs import METHODS, PACK_KEYS
from yipanqi.kernel.durations import Period, Unit

CN, SG = catalog.policy("CN"), catalog.policy("SG")


def test_the_mainland_may_stop_both_accounts_for_48_hours_twice() -> None:
    assert CN.choices("stop.targets") == ("protective", "suspect")
    for target in ("protective", "suspect"):
        assert CN.duration(f"stop.{target}.duration") == timedelta(hours=48)
        assert CN.count(f"stop.{target}.max_count") == 2
    assert CN.second_person("stop.second_person") == timedelta(minutes=30)
    assert CN.choices("stop.match_fields") == ("name", "account", "amount", "time")
    assert CN.choice("stop.approver_min") == "county"
    assert CN.flag("stop.pre_filing")
    assert CN.period("freeze.first") == Period(6, Unit.MONTHS)
    assert CN.period("return.bank_within") == Period(3, Unit.WORKING_DAYS)


def test_the_mainland_freezes_filed_cases_and_returns_by_the_city() -> None:
    assert CN.flag("freeze.requires_filed") and CN.flag("freeze.queue")
    assert (CN.choice("freeze.approver_min"), CN.choice("freeze.complex.approver_min")) == ("county", "city")
    assert CN.period("freeze.complex.renew_max") == Period(1, Unit.YEARS)
    assert CN.periods("freeze.warn") == tuple(Period(days, Unit.DAYS) for days in (30, 15, 7, 3))
    assert CN.duration("screen.within") == timedelta(days=7)
    assert CN.choice("return.approver_min") == "city" and CN.count("return.officers_min") == 2
    assert CN.choices("return.methods") == METHODS


def test_singapore_freezes_and_returns_nothing() -> None:
    assert not [key for key in SG.values if key.startswith(("freeze.", "screen.", "return."))]


def test_singapore_restricts_the_residents_own_account_only() -> None:
    assert SG.choices("stop.targets") == ("protective",)
    assert not SG.has("stop.suspect.duration") and not SG.has("freeze.first")
    assert SG.count("stop.protective.max_count") * SG.duration("stop.protective.duration") == timedelta(
        days=180
    )
    assert SG.second_person("stop.second_person") is None
    assert (SG.choice("appeal.to"), SG.flag("appeal.suspensive")) == ("commissioner", False)
    assert (SG.currency, SG.zone.key, SG.calendar) == ("SGD", "Asia/Singapore", "SG")


@pytest.mark.parametrize("pack", [CN, SG], ids=["CN", "SG"])
def test_levels_have_their_clocks(pack: catalog.PolicyPack) -> None:
    clocks = [(pack.call_within(level), pack.visit_within(level)) for level in catalog.levels()]
    assert clocks == [
        (timedelta(minutes=5), timedelta(minutes=60)),
        (timedelta(minutes=30), timedelta(days=1)),
        (timedelta(days=1), None),
    ]


def test_only_these_values_claim_to_have_been_read() -> None:
    read = {
        pack.id: {code for code, each in pack.values.items() if each.verified} for pack in catalog.policies()
    }
    assert read == {
        "CN": {
            "stop.match_fields",
            "stop.suspect.duration",
            "stop.level1_within",
            "freeze.first",
            "freeze.renew_max",
            "freeze.complex.first",
            "freeze.complex.renew_max",
            "freeze.complex.approver_min",
            "freeze.approver_min",
            "freeze.requires_filed",
            "freeze.queue",
            "freeze.unrelated_release",
            "return.approver_min",
            "return.bank_within",
            "return.officers_min",
            "return.unclaimed",
        },
        "SG": {
            "stop.targets",
            "stop.protective.duration",
            "stop.protective.max_count",
            "appeal.to",
            "appeal.suspensive",
        },
    }


def test_a_value_that_is_not_there_or_of_another_kind_is_refused() -> None:
    with pytest.raises(
        catalog.PolicyError, match=r"the policy pack SG 2026\.1 holds no freeze\.first"
    ) as caught:
        SG.period("freeze.first")
    assert caught.value.code == "policy_value_missing"
    with pytest.raises(catalog.PolicyError, match=r"stop\.protective\.max_count is a count"):
        CN.duration("stop.protective.max_count")
    with pytest.raises(catalog.PolicyError, match=r"stop\.pre_filing is a flag"):
        CN.count("stop.pre_filing")
    with pytest.raises(catalog.PolicyError, match=r"freeze\.warn is a periods"):
        CN.choices("freeze.warn")
    with pytest.raises(catalog.PolicyError, match=r"return\.methods is a choices"):
        CN.periods("return.methods")


def test_values_stand_in_the_order_of_the_keys_and_cannot_be_changed() -> None:
    for pack in catalog.policies():
        assert list(pack.values) == [key for key in PACK_KEYS if key in pack.values]
        with pytest.raises(TypeError):
            pack.values["planted"] = pack.values["stop.targets"]  # type: ignore[index]
