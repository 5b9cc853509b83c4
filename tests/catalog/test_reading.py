"""A catalog file that does not fit is refused with one line naming file, line, field and reason."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pytest

from yipanqi.catalog.items import UNIQUE, CatalogError, Text
from yipanqi.catalog.reading import parse_items, read_items


@dataclass(frozen=True)
class Sample:
    code: str
    name: Text
    rank: int = field(metadata=UNIQUE)
    kind: Literal["a", "b"] = "a"
    within: timedelta | None = None
    ruled: bool = False
    lines: tuple[Text, ...] = ()
    map: dict[str, Literal["x"]] = field(default_factory=dict)


GOOD = """\
one:
  name: {zh: 一, en: One}
  rank: 1
  kind: b
  within: PT10M
  ruled: true
  lines: [{zh: 行, en: line}]
  map: {key: x}
two:
  name: {zh: 二, en: Two}
  rank: 2
  within: null
"""


def test_a_good_file_becomes_typed_items_in_order() -> None:
    items = parse_items("sample.yaml", GOOD, Sample)
    assert list(items) == ["one", "two"]
    assert items["one"] == Sample(
        "one", Text("一", "One"), 1, "b", timedelta(minutes=10), True, (Text("行", "line"),), {"key": "x"}
    )
    assert items["two"].within is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  kind: b", "  knd: b", "line 4: one.knd: unknown field; known are name, rank, kind"),
        ("  rank: 2\n", "", "line 10: two.rank: is missing"),
        ("{zh: 二, en: Two}", "{zh: 二}", "line 10: two.name.en: is missing"),
        ("{zh: 二, en: Two}", "{zh: 二, en: ' '}", "line 10: two.name.en: ' ' is not non-blank text"),
        ("{zh: 二, en: Two}", "{zh: 二, en: No}", "line 10: two.name.en: 'No' is not non-blank text"),
        ("{zh: 二, en: Two}", "'Two'", "line 10: two.name: must be a mapping"),
        (
            "{zh: 二, en: Two}",
            "{zh: '二{n}', en: Two}",
            "line 10: two.name: zh and en differ in placeholders: n",
        ),
        ("{zh: 二, en: Two}", "{zh: '二{n', en: Two}", "line 10: two.name: has a broken placeholder"),
        ("two:", "one:", "line 9: the file.one: is given twice"),
        ("  rank: 2", "  rank: 2\n  rank: 3", "line 12: two.rank: is given twice"),
        ("  rank: 2", "  rank: 1", "line 11: two.rank: holds 1, which one.rank holds already"),
        ("  rank: 2", "  rank: 2.5", "line 11: two.rank: '2.5' is not a whole number"),
        ("  rank: 2", "  rank: 0x2", "line 11: two.rank: '0x2' is not a whole number"),
        ("  kind: b", "  kind: c", "line 4: one.kind: 'c' is none of a, b"),
        ("  within: PT10M", "  within: P1M", "line 5: one.within: "),
        ("  ruled: true", "  ruled: yes please", "line 6: one.ruled: 'yes please' is not true or false"),
        ("  lines: [", "  lines: {x: [", "sample.yaml line 8: is not YAML"),
        ("[{zh: 行, en: line}]", "none", "line 7: one.lines: must be a list"),
        ("[{zh: 行, en: line}]", "[{zh: 行}]", "line 7: one.lines[0].en: is missing"),
        ("{key: x}", "{key: y}", "line 8: one.map.key: 'y' is none of x"),
        ("two:", "two words:", "line 9: two words: a code is letters"),
        ("  rank: 2", "  ? [1]\n  : 2", "line 11: two: a key must be plain text"),
    ],
)
def test_each_fault_is_named_with_file_line_field_and_reason(old: str, new: str, message: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(CatalogError) as refused:
        parse_items("sample.yaml", GOOD.replace(old, new, 1), Sample)
    assert message in str(refused.value)
    assert str(refused.value).startswith("sample.yaml line ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "[]", "word"])
def test_a_file_without_items_is_refused(text: str) -> None:
    with pytest.raises(CatalogError, match=r"sample\.yaml line 1"):
        parse_items("sample.yaml", text, Sample)


def test_an_absent_file_is_named() -> None:
    with pytest.raises(CatalogError, match=r"absent\.yaml: cannot be read"):
        read_items("absent.yaml", Sample)
