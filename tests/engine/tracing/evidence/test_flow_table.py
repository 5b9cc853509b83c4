"""The flow table: equal to its trace to the cent, text that stays text, print, both languages, the same bytes."""

import re
import sys
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tests.engine.tracing.evidence.sample import FIRST, PROVENANCE, SECOND, case
from tests.engine.tracing.ledgers import ledger_of, ledgers
from tests.engine.tracing.oracle import Row
from yipanqi.engine.tracing.evidence import EvidenceError, Showing, flow_table
from yipanqi.engine.tracing.tracing import TraceError, trace

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sheets(data):
    """Cells of each sheet by its name; whole numbers come as floats."""
    book = CalamineWorkbook.from_object(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(data):
    """The files of a workbook as text."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def value(rows, name):
    return next(row[1] for row in rows if row[0] == name)


def cents(cell):
    return int(cell.replace(",", "").replace(".", "")) if isinstance(cell, str) else round(cell * 100)


@settings(max_examples=150, deadline=None)
@given(ledgers(), st.sampled_from(["fifo", "lifo", "haircut"]), st.data())
def test_the_equation_in_the_table_is_the_traces(rows, method, data):
    seeds = data.draw(
        st.lists(st.sampled_from([row.id for row in rows]), min_size=1, max_size=4, unique=True)
    )
    try:
        answer = trace(ledger_of(rows), seeds, method=method, sinks={"C": "exchange"})
    except TraceError:  # seeds of two currencies
        return
    found = sheets(flow_table(answer, PROVENANCE, Showing("en")))
    names = ("Started with", "Held in accounts", "Out of reach", "Counted under another start")
    seeded, held, left, displaced = (cents(value(found["Summary"], name)) for name in names)
    totals = answer.totals
    assert (seeded, held, left, displaced) == (
        totals.seeded_minor, totals.held_minor, totals.left_system_minor, totals.displaced_minor,
    )  # fmt: skip
    assert seeded == held + left + displaced and value(found["Summary"], "Difference (must be zero)") == 0
    assert sum(cents(row[5]) for row in found["Accounts"][1:]) == held
    assert len(found["Transfers"]) == len(answer.transfers) + 1
    if "Origins" in found:
        assert sum(cents(row[3]) for row in found["Origins"][1:]) == held


def test_the_sheets_of_a_case():
    found = sheets(flow_table(case(), PROVENANCE, Showing("zh", names={FIRST: "甲某"}, banks={"": "某银行"})))
    assert list(found) == ["汇总", "账户", "转账", "说明"]
    assert value(found["汇总"], "追溯方法") == "按比例分摊 · Pro rata (haircut)"
    assert value(found["汇总"], "流水数据指纹（SHA-256）") == case().digest
    assert value(found["汇总"], "规则包") == "CN 1"
    assert found["账户"][1] == [
        "一级卡", FIRST, "甲某", "某银行", 60_000.0, 21_234.56, 38_765.44,
        "2026-01-01 08:00:00", "2026-01-01 08:04:00", "留存",
    ]  # fmt: skip
    assert [row[-2:] for row in found["转账"]] == [
        ["交易流水号", "起点"], ["t1", "起点"], ["t2", ""], ["t3", ""], ["t4", ""], ["t5", ""],
    ]  # fmt: skip
    assert found["转账"][1][8] == "付款方 → 一级卡" and found["转账"][2][8] == "一级卡 → 二级卡"
    assert ["CASH", "取现", 5_000.0, "资金在此离开账户体系"] in found["说明"]


def test_an_english_table_has_no_chinese_but_the_methods_other_name():
    found = sheets(flow_table(case(), PROVENANCE, Showing("en")))
    chinese = [cell for rows in found.values() for row in rows for cell in row if CHINESE.search(str(cell))]
    assert chinese == ["Pro rata (haircut) · 按比例分摊"]


def test_poison_gives_no_amounts():
    found = sheets(flow_table(case("poison"), PROVENANCE, Showing("en")))
    assert ["This method gives no amounts"] in [row[:1] for row in found["Summary"]]
    head, *listed = found["Transfers"]
    assert {row[head.index("Of it traced (CNY)")] for row in listed} == {""}
    assert listed[0][head.index("Amount (CNY)")] == 50_000.0


@pytest.mark.parametrize(
    "account",
    ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "{=1}", "http://x.y", "6.2e15", "\x01<&>"],
)
def test_nothing_acts_as_a_formula_or_link(account):
    made = parts(flow_table(case(second=account), PROVENANCE))
    for name, text in made.items():
        assert not re.search(r"<(f|hyperlink)[ />]", text), name
    assert all(t == "s" for t in re.findall(r'<c r="B\d+"[^>]* t="(\w+)"', made["xl/worksheets/sheet2.xml"]))


def test_account_numbers_are_text_and_amounts_are_figures_with_two_decimals():
    made = parts(flow_table(case(), PROVENANCE))
    accounts = made["xl/worksheets/sheet2.xml"]
    assert re.search(r'<c r="B2" s="\d+" t="s">', accounts) and SECOND in made["xl/sharedStrings.xml"]
    assert re.search(r'<c r="D2" s="\d+"><v>60000</v>', accounts)
    assert 'formatCode="@"' in made["xl/styles.xml"]
    assert 'formatCode="#,##0.00"' in made["xl/styles.xml"]
    assert 'horizontal="right"' in made["xl/styles.xml"]


def test_lists_are_frozen_and_print_on_a4_across_with_their_head_on_every_page():
    made = parts(flow_table(case(), PROVENANCE))
    for sheet in ("sheet2", "sheet3"):
        text = made[f"xl/worksheets/{sheet}.xml"]
        assert '<pane ySplit="1"' in text and 'paperSize="9"' in text and 'orientation="landscape"' in text
        assert "第&amp;P页，共&amp;N页" in text and case().digest in text
    assert made["xl/workbook.xml"].count("_xlnm.Print_Titles") == 2


def test_masked_accounts_appear_nowhere():
    masked = flow_table(case(), PROVENANCE, Showing(mask=lambda account: f"{account[:2]}****{account[-2:]}"))
    everything = "".join(parts(masked).values())
    assert "62****12" in everything
    assert not re.search(r"6299\d{12}", everything)


def test_large_amounts_keep_their_cents():
    rows = sheets(flow_table(_large(), PROVENANCE))["账户"]
    assert rows[1][3] == "45,035,996,273,704.97"


def _large():
    row = Row("t1", 0, "A", "B", 4_503_599_627_370_497, 1, "transfer", None, "CNY")
    return trace(ledger_of([row]), ["t1"])


def test_a_trace_beyond_a_sheet_is_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["yipanqi.engine.tracing.evidence.flow_table"], "MAX_ROWS", 4)
    with pytest.raises(EvidenceError) as refused:
        flow_table(case(), PROVENANCE)
    assert refused.value.code == "flow_table_too_long"
