"""What a paper says: the catalog's words with the fields in them, the same for the same facts, never markup."""

import io
import re
import zlib
from datetime import UTC, date, datetime
from typing import Any

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.papers.conftest import NOTICE, any_fields, any_tables
from yipanqi import catalog
from yipanqi.ops.papers.content import Content, canonical, chinese_date, digest_of, fill, plain
from yipanqi.ops.papers.printing import FontMissing, find_family, printed
from yipanqi.ops.papers.word import written

MADE_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
KINDS = list(catalog.papers())


def content_of(kind: str = "freeze_notice", **over: Any) -> Content:
    known: dict[str, Any] = {
        "fields": any_fields(kind),
        "tables": any_tables(kind),
        "number": "福州仓山公（反诈）刑冻字〔2026〕1号",
        "unit": "福州市公安局仓山分局",
        "day": date(2026, 3, 2),
        "drill": False,
    }
    return fill(catalog.papers()[kind], **(known | over))


def texts_in(content: Content) -> set[str]:
    """Every text a reader has to find."""
    found = {content["unit"], content["title"], content["number"], content["date"], content["to"]}
    found |= set(content["signed"])
    for block in content["blocks"]:
        found |= {block.get("heading", ""), *block.get("text", "").split("\n"), *block.get("columns", ())}
        found |= {cell for row in [*block.get("facts", ()), *block.get("rows", ())] for cell in row}
    return found - {""}


def texts_of_word(data: bytes) -> str:
    paper = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in paper.paragraphs), *cells])


def signs_of_pdf(data: bytes) -> set[str]:
    """The signs whose glyphs the PDF carries, by its fonts' own maps from glyph to sign."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            text = stream
        if b"beginbfchar" not in text and b"beginbfrange" not in text:
            continue
        for part in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.S):
            for _, sign in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
                found |= set(bytes.fromhex(sign.decode()).decode("utf-16-be"))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_word_and_pdf_say_all_of_it(kind: str) -> None:
    content = content_of(kind)
    word = texts_of_word(written(content, made_at=MADE_AT))
    assert [text for text in texts_in(content) if text not in word] == []
    pdf = printed(content)
    assert pdf.startswith(b"%PDF-")
    assert {sign for text in texts_in(content) for sign in text if not sign.isspace()} - signs_of_pdf(
        pdf
    ) == set()


def test_the_chinese_glyphs_of_a_pdf_are_its_fonts() -> None:
    """A sign that nobody wrote is not found: the look into the PDF can fail."""
    assert "冻" in signs_of_pdf(printed(content_of())) and "龘" not in signs_of_pdf(printed(content_of()))


def test_the_first_page_is_a_picture() -> None:
    assert printed(content_of(), form="png").startswith(b"\x89PNG")


def test_a_drill_says_so_on_both() -> None:
    real, drill = content_of(), content_of(drill=True)
    head = docx.Document(io.BytesIO(written(drill, made_at=MADE_AT))).sections[0].header
    assert head.paragraphs[0].text == "演　练"
    assert {"演", "练"} <= signs_of_pdf(printed(drill)) and "演" not in signs_of_pdf(printed(real))


def test_the_same_facts_give_the_same_digest_and_others_another() -> None:
    first = digest_of(canonical(content_of()))
    turned = dict(reversed(any_fields("freeze_notice").items()))
    assert digest_of(canonical(content_of(fields=turned))) == first
    for over in (
        {"fields": NOTICE | {"amount": "50,000.01元"}},
        {"number": "福州仓山公（反诈）刑冻字〔2026〕2号"},
        {"day": date(2026, 3, 3)},
        {"drill": True},
    ):
        assert digest_of(canonical(content_of(**over))) != first


@pytest.mark.parametrize(
    ("kind", "over"),
    [
        ("freeze_notice", {"fields": {}}),
        ("freeze_notice", {"fields": NOTICE | {"fee": "200元"}}),
        ("flow_table", {"tables": {}}),
        ("flow_table", {"tables": {"transfers": [["1", "2"]]}}),
        ("freeze_notice", {"tables": {"lines": []}}),
    ],
)
def test_what_is_missing_or_too_much_is_refused(kind: str, over: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=kind):
        content_of(kind, **over)


@given(value=st.text(max_size=40))
def test_no_value_is_read_as_markup_or_breaks_a_rendering(value: str) -> None:
    content = content_of(fields=NOTICE | {"holder": value})
    assert plain(value) in texts_of_word(written(content, made_at=MADE_AT))
    assert canonical(content).encode()


@pytest.mark.parametrize(
    "value", ['#read("/etc/passwd")', "$x$ *b* _i_ <a> @b", "{case} %s \\", "", "a\x00b\ud800"]
)
def test_signs_of_markup_are_printed_as_they_are(value: str) -> None:
    content = content_of(fields=NOTICE | {"holder": value})
    assert set(plain(value)) - {" "} <= signs_of_pdf(printed(content)) | {" "}


def test_a_long_table_goes_on() -> None:
    data = printed(content_of("flow_table", tables=any_tables("flow_table", 200)))
    assert len(re.findall(rb"/Type\s*/Page\b", data)) > 3


def test_without_a_chinese_font_nothing_is_drawn() -> None:
    assert find_family(frozenset({"SimSun", "DejaVu Sans"})) == "SimSun"
    with pytest.raises(FontMissing, match="Noto Serif CJK SC"):
        find_family(frozenset({"DejaVu Sans"}))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 2), "二〇二六年三月二日"),
        (date(2030, 10, 20), "二〇三〇年十月二十日"),
        (date(2026, 12, 31), "二〇二六年十二月三十一日"),
    ],
)
def test_a_day_as_it_stands_under_a_paper(day: date, said: str) -> None:
    assert chinese_date(day) == said
