"""Words of bank files: each stands once, in the plain form in which names and cells are compared."""

import pytest

from yipanqi.catalog import bank_columns, bank_files, bank_words, plain_column, plain_word, reading
from yipanqi.catalog.items import CatalogError


@pytest.mark.parametrize("name", ["\t金额（元）", "金额(元)", "\ufeff 金 额 ", "金额（人民币）"])
def test_names_are_compared_without_what_surrounds_them(name: str) -> None:
    assert plain_column(name) == "金额"


def test_plain_forms() -> None:
    assert plain_column("对方帐号") == plain_column("对方账号")
    assert plain_column("收/支") == "收/支" and plain_column("（元）") == "(元)"
    assert plain_word("\t|ＡＴＭ取现 ") == "atm取现"


def test_every_name_has_one_meaning() -> None:
    names = [word for item in bank_columns().values() for word in item.words]
    assert len(names) == len(set(names)) and "交易金额" in bank_columns()["amount"].words
    directions = [
        word for code, item in bank_words().items() if code.startswith("direction.") for word in item.words
    ]
    assert len(directions) == len(set(directions))


def test_a_name_with_two_meanings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {name: {zh: 甲, en: a}, words: [金额]}\nb: {name: {zh: 乙, en: b}, words: [金额（元）]}\n"
    monkeypatch.setattr(reading, "read_text", lambda name: text)
    with pytest.raises(CatalogError, match=r"b\.words: '金额' stands under a"):
        bank_files._lists("x.yaml", plain_column)
