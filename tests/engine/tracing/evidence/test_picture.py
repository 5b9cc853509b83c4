"""The picture: valid SVG with text as text and nothing that runs, labels, limits said, colours of the house, PNG."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.engine.tracing.evidence.sample import FIRST, PROVENANCE, SECOND, case
from tests.engine.tracing.ledgers import ledger_of
from tests.engine.tracing.oracle import Row
from yipanqi.engine.tracing.evidence import Showing, picture_svg, svg
from yipanqi.engine.tracing.tracing import trace

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TOKENS = Path(svg.__file__).parents[3] / "web" / "static" / "css" / "tokens.css"
SVG = "{http://www.w3.org/2000/svg}"


def texts(document):
    """All lines of text of a picture."""
    root = ElementTree.fromstring(document)
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def test_the_case_in_both_languages():
    chinese, english = (texts(picture_svg(case(), PROVENANCE, Showing(lang))) for lang in ("zh", "en"))
    for line in ("涉案资金流向图", "50,000.00", "付款方", "一级卡", "尾号0012", "流入 6.0万 · 01-01 08:00",
                 "留存 3.9万转出 2.1万", "取现 5,000", f"流水数据指纹（SHA-256） {case().digest}"):  # fmt: skip
        assert line in chinese, line
    for line in ("Flow of Funds", "50,000.00", "Payer", "Level 1", "*0012", "In 60.0k · 01-01 08:00",
                 "Held 38.8kPassed on 21.2k", "Cash 5.0k", f"Ledger hash (SHA-256) {case().digest}"):  # fmt: skip
        assert line in english, line
    assert not [line for line in english if CHINESE.search(line)]


def test_it_holds_no_script_no_link_and_loads_nothing():
    document = picture_svg(case(second='"><script>alert(1)</script>&\x01'), PROVENANCE)
    root = ElementTree.fromstring(document)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {
        "svg", "title", "desc", "g", "rect", "path", "text", "tspan",
    }  # fmt: skip
    names = {name for each in root.iter() for name in each.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or name == "style"]
    assert any("<script>alert(1)" in line for line in texts(document))


def test_colours_are_tokens_of_the_house_and_none_belongs_to_time():
    tokens = TOKENS.read_text("utf-8")
    used = set(re.findall(r"#[0-9a-f]{6}", picture_svg(case(), PROVENANCE)))
    light = tokens.partition("[data-density")[0]
    names = {value: name for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light)}
    assert used <= set(names)
    assert not [names[value] for value in used if names[value].startswith(("amber", "late"))]


def test_four_hundred_accounts_stay_on_a_page_that_says_what_it_gathers():
    rows = [_row(0, "V", "A", 4_000_000)]
    rows += [_row(n, "A", f"62990000000{n:05d}", 10_000 - n) for n in range(1, 400)]
    document = picture_svg(trace(ledger_of(rows), ["t0"]), PROVENANCE)
    found = texts(document)
    assert "其他387个账户" in found and "399个账户留存 3.9万" in found
    assert any("每级单列涉案资金最多的12个账户" in line for line in found)
    height = float(ElementTree.fromstring(document).attrib["height"])
    assert height < 1700 and len(document) < 40_000


def test_accounts_that_would_look_alike_show_more_digits():
    rows = [_row(0, "V", "6299000011112222", 100), _row(1, "6299000011112222", "6299000033332222", 50)]
    assert {"尾号112222", "尾号332222"} <= set(texts(picture_svg(trace(ledger_of(rows), ["t0"]), PROVENANCE)))


def test_masked_accounts_appear_nowhere_not_even_when_pointed_at():
    document = picture_svg(
        case(), PROVENANCE, Showing(mask=lambda account: f"{account[:2]}****{account[-4:]}")
    )
    assert "62****0012" in document and FIRST not in document and SECOND not in document


def test_poison_shows_counts_and_no_amounts():
    found = texts(picture_svg(case("poison"), PROVENANCE))
    assert "该方法不计算金额" in found and "2笔 · 01-01 08:00" in found
    assert not [line for line in found if "留存" in line or "万" in line]


def test_a_trace_whose_start_moved_nothing_still_has_a_page():
    answer = trace(ledger_of([_row(0, "A", "A", 100)]), ["t0"])
    assert "涉案资金流向图" in texts(picture_svg(answer, PROVENANCE))


def _row(number, payer, payee, amount):
    return Row(f"t{number}", number, payer, payee, amount, number)
