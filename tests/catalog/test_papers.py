"""The block lists of papers: each block is one thing, each field a plain name, each series a paper's own."""

import pytest

from yipanqi import catalog
from yipanqi.catalog import PaperBlock, PaperKind, Text
from yipanqi.catalog.items import CatalogError
from yipanqi.catalog.papers import check_paper


def kind_of(*blocks: PaperBlock, to: str | None = None) -> PaperKind:
    word = Text(zh="某", en="some")
    return PaperKind("x", word, "某字", word, False, "house [D]", blocks, to)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (kind_of(PaperBlock(text="某", table="rows", columns=("一",))), r"x\.blocks\[0\]: is to be one of"),
        (kind_of(PaperBlock(text="某"), PaperBlock(heading="某")), r"x\.blocks\[1\]: is to be one of"),
        (kind_of(PaperBlock(table="rows")), "a table has columns"),
        (kind_of(PaperBlock(text="某", columns=("一",))), "nothing else has"),
        (kind_of(PaperBlock(text="某{")), "has a broken field"),
        (kind_of(PaperBlock(facts={"某": "{bank.__class__}"})), "is not a plain name"),
        (kind_of(to="{}"), "is not a plain name"),
    ],
)
def test_what_is_no_paper_is_refused(kind: PaperKind, reason: str) -> None:
    with pytest.raises(CatalogError, match=reason):
        check_paper(kind)


def test_what_a_paper_asks_for() -> None:
    kind = catalog.papers()["assist_return"]
    assert kind.fields() == {"bank", "decision", "case", "account", "holder", "total", "officers"}
    assert kind.tables() == {"lines": ("收款户名", "收款账号", "收款银行", "本金", "孳息")}


def test_every_series_belongs_to_one_kind() -> None:
    series = [kind.series for kind in catalog.papers().values()]
    assert len(set(series)) == len(series)


def test_a_freeze_notice_states_what_the_law_asks() -> None:
    """CPP 239: holder, account, sum, term, scope, and whether it covers interest."""
    assert catalog.papers()["freeze_notice"].fields() >= {
        *("holder", "account", "amount", "start", "until", "scope", "interest")
    }
