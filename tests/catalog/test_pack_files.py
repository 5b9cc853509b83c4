"""A pack file that does not fit is refused, naming file, line, field and reason; versions are told apart."""

from datetime import UTC, datetime
from importlib.resources import files
from itertools import takewhile

import pytest

from yipanqi import catalog
from yipanqi.catalog import pack_files
from yipanqi.catalog.items import CatalogError
from yipanqi.catalog.pack_files import in_order, parse_pack
from yipanqi.catalog.packs import PACK_KEYS

CN = files("yipanqi.catalog").joinpath("packs/CN.yaml").read_text("utf-8")
SG = files("yipanqi.catalog").joinpath("packs/SG.yaml").read_text("utf-8")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def refused(name: str, text: str) -> str:
    with pytest.raises(CatalogError) as caught:
        parse_pack(name, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def without(text: str, key: str) -> str:
    """The pack without one value."""
    lines = text.splitlines(keepends=True)
    at = lines.index(f"  {key}:\n")
    end = next(
        (n for n in range(at + 1, len(lines)) if lines[n].startswith("  ") and lines[n][2] != " "), len(lines)
    )
    return "".join(lines[:at] + lines[end:])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("stop.targets:", "stop.target:", "values.stop.target: unknown key; PACK_KEYS in packs.py names"),
        ("value: [protective, suspect]", "value: [protective, all]", "targets.value[1]: 'all' is none of protective"),
        ("value: [protective, suspect]", "value: protective", "stop.targets.value: must be a list"),
        ("value: [protective, suspect]", "value: []", "stop.targets.value: must name at least one"),
        ("value: [protective, suspect]", "value: [suspect, suspect]", "stop.targets.value: must name at least one"),
        ("value: within PT30M", "value: after PT30M", "second_person.value: 'after PT30M' is neither before nor"),
        ("value: within PT30M", "value: within 30", "stop.second_person.value: '30' is not a duration"),
        ("value: PT48H", "value: P6M", "stop.protective.duration.value: The duration 'P6M' counts years, months"),
        ("value: PT48H", "value: PT0H", "stop.protective.duration.value: must be more than nothing"),
        ("value: P6M", "value: PT48H", "freeze.first.value: 'PT48H' is not a period such as P6M"),
        ("value: 2", "value: two", "stop.protective.max_count.value: 'two' is not a whole number"),
        ("value: 2", "value: 0", "stop.protective.max_count.value: must be more than nothing"),
        ("[P30D, P15D, P7D, P3D]", "P30D", "values.freeze.warn.value: must be a list"),
        ("[P30D, P15D, P7D, P3D]", "[]", "values.freeze.warn.value: must name at least one"),
        ("[P30D, P15D, P7D, P3D]", "[P30D, P15D, P15D]", "freeze.warn.value: must name at least one, and none"),
        ("[P30D, P15D, P7D, P3D]", "[P7D, P30D]", "freeze.warn.value: must count one unit, the longest first"),
        ("[P30D, P15D, P7D, P3D]", "[P6M, P3D]", "freeze.warn.value: must count one unit, the longest first"),
        ("[P30D, P15D, P7D, P3D]", "[P30D, PT48H]", "freeze.warn.value[1]: 'PT48H' is not a period such as P6M"),
        ("[P30D, P15D, P7D, P3D]", "[P30D, 15]", "freeze.warn.value[1]: '15' is not a period"),
        ("value: traced_share", "value: fairly", "return.proportional.value: 'fairly' is none of traced_share, loss_"),
        ("fifo, lifo, pari", "fifo, fifo, pari", "return.methods.value: must name at least one, and none twice"),
        ("value: true", "value: maybe", "stop.pre_filing.value: 'maybe' is not true or false"),
        ("value: county", "value: prefecture", "stop.approver_min.value: 'prefecture' is none of county"),
        ('source: "M .4"', "source: hearsay", "dissuade.call.high.source: 'hearsay' is none of S:KEY, S:KEY article"),
        ('source: "S:SEU"', 'source: "S:SEA"', "stop.level1_within.source: SEA does not stand in citations.yaml"),
        ("effective_from: 2022-12-01", "effective_from: soon", "pack.effective_from: Invalid isoformat string"),
        ("effective_to: null", "effective_to: 2022-11-30", "pack.effective_to: lies before effective_from"),
        ("currency: CNY", "currency: yuan", "pack.currency: 'yuan' is not a code of ISO 4217"),
        ("time_zone: Asia/Shanghai", "time_zone: Asia/Nowhere", "pack.time_zone: 'Asia/Nowhere' is not a time zone"),
        ("calendar: CN", "calendar: FR", "pack.calendar: there is no calendar 'FR'; known are CN, SG, UK"),
        ("id: CN", "id: SG", "pack.id: 'SG' does not fit the file's name"),
        ('version: "2026.1"', "version: new", "pack.version: 'new' is not numbers with dots"),
        ("  currency: CNY\n", "", "pack.currency: is missing"),
        ("values:", "valeus:", "valeus: unknown field; known are pack, values"),
    ],
)  # fmt: skip
def test_each_fault_is_named(old: str, new: str, reason: str) -> None:
    assert old in CN
    said = refused("CN.yaml", CN.replace(old, new, 1))
    assert said.startswith("packs/CN.yaml line ")
    assert reason in said


def test_the_line_is_the_one_with_the_fault() -> None:
    text = CN.replace("value: P3WD", "value: P3W")
    said = refused("CN.yaml", text)
    assert said.startswith(
        f"packs/CN.yaml line {line_of(text, 'value: P3W')}: values.return.bank_within.value: 'P3W' is"
    )


def test_only_what_was_read_may_be_verified() -> None:
    text = CN.replace('verified: false\n    source: "M .4"', 'verified: true\n    source: "M .4"', 1)
    assert "values.dissuade.call.high.verified: only what was read in a source" in refused("CN.yaml", text)


@pytest.mark.parametrize("key", [key for key, each in PACK_KEYS.items() if each.required and not each.target])
def test_each_required_value_is_missed(key: str) -> None:
    assert f"values.{key}: is missing" in refused("CN.yaml", without(CN, key))


@pytest.mark.parametrize("key", [key for key, each in PACK_KEYS.items() if not each.required])
def test_optional_values_may_be_left_out_with_those_they_bring(key: str) -> None:
    text = CN
    for each in (key, *family(key)):
        text = without(text, each) if f"  {each}:\n" in text else text
    assert not parse_pack("CN.yaml", text).has(key)


def family(head: str) -> list[str]:
    """The keys that a key brings along."""
    return [key for key, each in PACK_KEYS.items() if each.family == head]


@pytest.mark.parametrize("head", ["freeze.first", "return.approver_min"])
def test_a_family_comes_and_goes_with_its_head(head: str) -> None:
    first = next(key for key in PACK_KEYS if key in family(head))
    assert f"values.{first}: the pack holds no {head}" in refused("CN.yaml", without(CN, head))
    added = f"  {first}:\n" + CN.partition(f"  {first}:\n")[2]
    assert f"values.{first}: the pack holds no {head}" in refused("SG.yaml", SG + value_at_head(added))


def value_at_head(text: str) -> str:
    """The first value of a part of a pack."""
    head, *lines = text.splitlines(keepends=True)
    return head + "".join(takewhile(lambda line: line.startswith("    "), lines))


def test_families_are_of_freezes_and_of_returns() -> None:
    assert {each.family for each in PACK_KEYS.values()} == {"", "freeze.first", "return.approver_min"}
    for key in PACK_KEYS:
        if key.startswith(("freeze.", "screen.")) and key != "freeze.first":
            assert key in family("freeze.first")
        if key.startswith("return.") and key != "return.approver_min":
            assert key in family("return.approver_min")


def test_the_values_of_a_target_come_and_go_with_it() -> None:
    assert "values.stop.suspect.max_count: is missing" in refused(
        "CN.yaml", without(CN, "stop.suspect.max_count")
    )
    only = CN.replace("[protective, suspect]", "[protective]")
    assert "values.stop.suspect.duration: stop.targets does not name suspect" in refused("CN.yaml", only)


def versions(**changes: str) -> list[catalog.PolicyPack]:
    """CN in two versions, and SG: the first of CN ends with 2026, the second begins with 2027, or as `changes` say."""
    given = {"version": "2026.2", "begins": "2027-01-01"} | changes
    first = CN.replace("effective_to: null", "effective_to: 2026-12-31")
    second = CN.replace('"2026.1"', f'"{given["version"]}"').replace("2022-12-01", given["begins"])
    return [parse_pack("SG.yaml", SG), parse_pack("CN.yaml", first), parse_pack("CN-2026.2.yaml", second)]


def test_packs_stand_by_id_and_the_newest_first() -> None:
    found = in_order(versions())
    assert [(pack.id, pack.version) for pack in found] == [
        ("CN", "2026.2"),
        ("CN", "2026.1"),
        ("SG", "2026.1"),
    ]
    assert found == in_order(versions()[::-1])
    for changes, held in (({"version": "2026.1"}, "2026.1"), ({"begins": "2022-12-01"}, "2022-12-01")):
        with pytest.raises(CatalogError, match=f"two files of CN hold {held}"):
            in_order(versions(**changes))


def test_the_version_in_force_is_given_by_the_day_in_the_packs_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_files, "policies", lambda: in_order(versions()))
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)  # a second before midnight in Shanghai
    first = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert [catalog.policy("CN", at=at).version for at in (last, first)] == ["2026.1", "2026.2"]
    assert catalog.policy("CN").version == "2026.2"
    assert catalog.policy("CN", "2026.1").version == "2026.1"
    with pytest.raises(
        catalog.PolicyError, match=r"CN has no version in force then; known are 2026\.2, 2026\.1"
    ):
        catalog.policy("CN", at=datetime(2022, 11, 30, 15, 0, tzinfo=UTC))
    with pytest.raises(catalog.PolicyError, match="CN has no version 3"):
        catalog.policy("CN", "3")


def test_an_unknown_pack_is_named_with_those_there_are() -> None:
    with pytest.raises(catalog.PolicyError, match="no policy pack 'XX'; known are CN, SG"):
        catalog.policy("XX")


def test_every_citation_is_cited() -> None:
    sources = [value.source for pack in catalog.policies() for value in pack.values.values()]
    words = (catalog.freeze_grounds, catalog.findings, catalog.good_faith, catalog.method_grounds)
    sources += [item.source for vocabulary in words for item in vocabulary().values()]
    parts = [part for source in sources for part in source.split(", ")]
    assert {part.removeprefix("S:").split()[0] for part in parts if part.startswith("S:")} == set(
        catalog.citations()
    )


def test_every_choice_has_its_name() -> None:
    choices = {word for key in PACK_KEYS.values() for word in key.choices}
    assert set(catalog.choice_names()) == choices
