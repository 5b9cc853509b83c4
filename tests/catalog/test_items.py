"""Every item of every vocabulary: both languages, nothing blank, and the vocabularies fit one another."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import pytest

from yipanqi import catalog
from yipanqi.catalog.items import CatalogError, Text
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor

VOCABULARIES = [
    catalog.fraud_types,
    catalog.call_outcomes,
    catalog.visit_outcomes,
    catalog.levels,
    catalog.windows,
    catalog.directive_kinds,
    catalog.sources,
    catalog.groups,
    catalog.roles,
    catalog.banks,
    catalog.bank_columns,
    catalog.bank_words,
    catalog.reject_reasons,
    catalog.events,
    catalog.errors,
    catalog.reasons,
    catalog.stop_reasons,
    catalog.dwell_curves,
    catalog.trace_words,
    catalog.answers,
    catalog.jurisdictions,
    catalog.calendars,
    catalog.choice_names,
    catalog.citations,
    catalog.freeze_grounds,
    catalog.freeze_end_reasons,
    catalog.evidence_kinds,
    catalog.good_faith,
    catalog.findings,
    catalog.method_grounds,
    catalog.exclude_reasons,
    catalog.agent_grounds,
    catalog.papers,
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts_in(value: Any) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts_in(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))


def all_items() -> Iterator[tuple[str, Any]]:
    for vocabulary in VOCABULARIES:
        for item in vocabulary().values():
            yield f"{vocabulary.__name__}.{item.code}", item
    for pack in catalog.policies():
        yield f"packs.{pack.id}-{pack.version}", pack
        for value in pack.values.values():
            yield f"packs.{pack.id}-{pack.version}.{value.code}", value
    for code in ("general", "T01", "T04", "T08"):
        yield f"scripts.{code}", catalog.scripts(code)


def test_every_text_is_chinese_in_zh_and_not_in_en() -> None:
    for where, item in all_items():
        found = list(texts_in(item))
        assert found, where
        for text in found:
            assert text.zh.strip() == text.zh, where
            assert text.en.strip() == text.en, where
            assert text.zh
            assert text.en
            assert CHINESE.search(text.zh), where
            assert not CHINESE.search(text.en), where


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda each: each.__name__)
def test_items_stand_under_their_own_code_and_cannot_be_changed(vocabulary: Any) -> None:
    items: Mapping[str, Any] = vocabulary()
    assert items
    assert all(code == item.code for code, item in items.items())
    assert vocabulary() is items
    with pytest.raises(TypeError):
        items["planted"] = None  # type: ignore[index]


def test_text_chooses_by_language_tag() -> None:
    text = Text(zh="高", en="High")
    assert [text.get(lang) for lang in ("zh-hans", "zh", "ZH-CN", "en", "fr")] == [
        "高",
        "高",
        "高",
        "High",
        "High",
    ]


def test_text_format_names_the_missing_fact() -> None:
    text = Text(zh="第{count}次预警", en="warning no. {count}")
    assert text.format(count=2, other=1) == Text(zh="第2次预警", en="warning no. 2")
    with pytest.raises(CatalogError, match="count"):
        text.format(other=1)


def test_fraud_types_are_the_published_ten_and_other() -> None:
    found = catalog.fraud_types()
    assert list(found) == [f"T{n:02}" for n in range(1, 11)] + ["T99"]
    assert {code for code, item in found.items() if item.ruled} == {"T01", "T04", "T08"}
    assert sum(item.prior_cases for item in found.values()) == 102_762


def test_call_outcomes_hold_the_keys_one_to_seven() -> None:
    found = catalog.call_outcomes()
    assert [item.key for item in found.values()] == list("1234567")
    later = [item for item in found.values() if item.effect == "call_later"]
    assert [(item.code, item.retry_after, item.retries) for item in later] == [
        ("not_found_yet", timedelta(minutes=10), 3)
    ]
    assert all(item.retry_after is None for item in found.values() if item.effect != "call_later")
    assert {found[code].effect for code in ("unreachable", "refused")} == {"to_station", "refused_to_station"}


def test_a_visit_has_six_outcomes_and_shares_its_words_with_the_seat() -> None:
    found = catalog.visit_outcomes()
    assert list(found) == ["dissuaded", "paid", "not_home", "wrong_address", "refused", "mismatch"]
    later = [item for item in found.values() if item.effect == "visit_later"]
    assert [(item.code, item.retry_after, item.retries) for item in later] == [
        ("not_home", timedelta(hours=4), 3)
    ]
    assert all(item.retry_after is None for item in found.values() if item.effect != "visit_later")
    shared = found.keys() & catalog.call_outcomes().keys()
    assert {code: found[code].counts_as for code in shared} == {
        code: catalog.call_outcomes()[code].counts_as for code in shared
    }
    assert all(len(code) <= 16 for code in found)


def test_windows_read_by_their_unit() -> None:
    found = catalog.windows()
    assert found["join_window"].duration == timedelta(days=3)
    assert found["journal_seal"].duration == timedelta(seconds=0.2)
    assert found["batch_max_rows"].count == 10_000
    for item in found.values():
        if item.unit == "count":
            assert item.count > 0
            with pytest.raises(CatalogError, match="not a duration"):
                _ = item.duration
        else:
            assert item.duration > timedelta()
            with pytest.raises(CatalogError, match="not a count"):
                _ = item.count


def test_every_desk_is_a_path() -> None:
    assert len(catalog.roles()) == 13
    assert all(re.fullmatch(r"/[a-z]+", role.desk) for role in catalog.roles().values())


def test_scripts_have_steps_and_door_lines_and_never_ask_for_a_secret() -> None:
    for code in ("T01", "T04", "T08", "general", "paid"):
        script = catalog.paid_script() if code == "paid" else catalog.scripts(code)
        assert script.code == code
        assert 4 <= len(script.steps) <= 6
        assert len(script.door_lines) == 3
        spoken = " ".join(text.zh for text in texts_in(script))
        assert "96110" in spoken
        assert "110核实" in spoken or "96110核实" in spoken
        assert "止付" in spoken
        for secret in ("验证码", "密码"):
            for sentence in re.split(r"[。？！]", spoken):
                if secret in sentence:
                    assert re.search(r"不|改密码|共享屏幕|告诉对方", sentence), sentence
        for step in script.steps:
            given = [answer.answer for answer in step.answers]
            assert len(given) == len(set(given))
            assert set(given) <= set(catalog.answers())


def test_a_type_without_a_script_gets_the_general_one() -> None:
    assert (
        catalog.scripts("T02").code == catalog.scripts(None).code == catalog.scripts("T77").code == "general"
    )


def test_bins_are_digits_and_belong_to_one_bank() -> None:
    found = [bin_ for bank in catalog.banks().values() for bin_ in bank.bins]
    assert all(re.fullmatch(r"\d{6}", bin_) for bin_ in found)
    assert len(found) == len(set(found))


def test_error_text_fills_facts_and_survives_what_it_does_not_know() -> None:
    assert catalog.error_text("field_too_long", limit=64).en == "Longer than 64 characters."
    assert catalog.error_text("field_too_long").en == "Longer than … characters."
    assert "no_such_code" in catalog.error_text("no_such_code").zh


@pytest.mark.parametrize("written", ["", "five", "1.234", "-1", "5E4", "1.234,50", "9" * 30, "9" * 600])
def test_every_amount_the_kernel_refuses_has_its_sentence(written: str) -> None:
    with pytest.raises(YipanqiError) as refused:
        parse_amount_minor(written)
    assert refused.value.code in catalog.errors()


def test_reason_text_shortens_money_for_the_language() -> None:
    text = catalog.reason_text("amount_at_risk", amount_minor=5_000_000)
    assert text == Text(zh="可拦截约5.0万元", en="about CNY 50.0k can still be saved")
    assert catalog.reason_text("paid_count", count=1).zh == "已向涉案户转账1笔"
    with pytest.raises(CatalogError, match="planted"):
        catalog.reason_text("planted")
    with pytest.raises(CatalogError, match="count"):
        catalog.reason_text("paid_count")


def test_importing_the_catalog_reads_nothing_and_loads_no_yaml() -> None:
    code = "import sys; from yipanqi import catalog; assert not {'yaml', 'django'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_every_fact_of_an_event_has_a_name() -> None:
    said = {field for event in catalog.events().values() for field in (*event.required, *event.optional)}
    assert said <= catalog.facts().keys()
    assert {name for name in catalog.facts() if not name.startswith("subject.")} == said
