"""One-sided rows: directions, kinds, failures, reversals, unknown counterparties, the other half, and balances."""

from pathlib import Path

import pytest

from tests.engine.ledger.importing.layouts import POLICE, write_rows
from yipanqi.engine.ledger.importing import Imported, import_flows

ROW = {
    "交易卡号": "629900001",
    "交易时间": "2026-03-02 10:00:00",
    "交易金额": "100.00",
    "收付标志": "出",
    "交易对手账卡号": "629900002",
}


def read(tmp_path: Path, *rows: dict[str, str], name: str = "a.csv") -> Imported:
    imported = import_flows([write_rows(tmp_path / name, POLICE.columns, [ROW | row for row in rows])])
    assert imported.refused == ()
    totals = imported.totals
    assert totals.rows_in == totals.accepted + totals.merged + totals.rejected
    return imported


@pytest.mark.parametrize("word", ["出", "付", "借", "借方", "D", "debit", "支出", "1", "O", " 出\t"])
def test_words_for_money_out(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, {"收付标志": word}).frame.select("payer", "payee").rows() == [
        ("629900001", "629900002")
    ]


@pytest.mark.parametrize("word", ["进", "收", "贷", "贷方", "C", "credit", "收入", "2", "入", "Ｃ"])
def test_words_for_money_in(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, {"收付标志": word}).frame.select("payer", "payee").rows() == [
        ("629900002", "629900001")
    ]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"收付标志": ""}, "收付标志", "direction_missing"),
        ({"收付标志": "/"}, "收付标志", "direction_missing"),
        ({"收付标志": "不计收支"}, "收付标志", "direction_neutral"),
        ({"收付标志": "左"}, "收付标志", "direction_unknown"),
        ({"交易是否成功": "失败"}, "交易是否成功", "failed_at_bank"),
        ({"交易是否成功": "待定"}, "交易是否成功", "status_unknown"),
        ({"交易卡号": "6.2990E+18"}, "交易卡号", "account_mangled"),
        ({"交易对手账卡号": "\t|6.2990E+18"}, "交易对手账卡号", "account_mangled"),
        ({"交易卡号": "6299****01"}, "交易卡号", "account_masked"),
        ({"交易卡号": "-"}, "交易卡号", "account_missing"),
        ({"交易金额": "-100.00"}, "交易金额", "amount_not_positive"),
        ({"交易金额": ""}, "交易金额", "amount_missing"),
        (
            {"交易时间": "", "交易金额": "", "查询反馈结果原因": "无数据"},
            "查询反馈结果原因",
            "query_result_only",
        ),
        ({"交易时间": "", "交易金额": ""}, "", "not_a_transfer"),
    ],
)
def test_rejected(tmp_path: Path, cells: dict[str, str], column: str, code: str) -> None:
    imported = read(tmp_path, cells)
    assert imported.rejects.select("row", "column", "reason_code").rows() == [(2, column, code)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"摘要说明": "ATM取现"}, "cash_out"),
        ({"现金标志": "现金"}, "cash_out"),
        ({"交易类型": "消费"}, "card_payment"),
        ({"对手户名": "财付通支付科技有限公司"}, "clearing"),
        ({"摘要说明": "手续费"}, "fee"),
        ({"摘要说明": "买菜的手续费"}, "transfer"),
        ({"摘要说明": "冲正"}, "reversal"),
        ({"摘要说明": "ATM取现", "收付标志": "进"}, "transfer"),
    ],
)
def test_kinds_by_exact_words_and_only_out(tmp_path: Path, cells: dict[str, str], kind: str) -> None:
    assert read(tmp_path, cells).frame["kind"].to_list() == [kind]


def test_unknown_counterparties_join_no_two_accounts_and_no_two_directions(tmp_path: Path) -> None:
    unknown = {"交易对手账卡号": "", "对手户名": "财付通"}
    imported = read(
        tmp_path,
        unknown,
        unknown | {"收付标志": "进"},
        unknown | {"交易卡号": "629900009"},
        {"交易对手账卡号": "1380****123", "对手户名": "某"},
        {"交易对手账卡号": "无", "摘要说明": "现存"},
    )
    sides = set(imported.frame["payer"]) | set(imported.frame["payee"])
    assert {side for side in sides if side.startswith("?")} == {
        "?629900001>财付通", "?财付通>629900001", "?629900009>财付通", "?629900001>1380****123", "?629900001>现存"
    }  # fmt: skip


def test_accounts_are_trimmed_and_widened_but_never_guessed(tmp_path: Path) -> None:
    imported = read(tmp_path, {"交易卡号": "\t|６２９９０００1_CNY_0", "交易对手账卡号": "6299 0000 2"})
    assert imported.frame.select("payer", "payee").rows() == [("62990001", "629900002")]


def at(clock: str, direction: str, amount: str, balance: str) -> dict[str, str]:
    return {"交易时间": f"2026-03-02 {clock}", "收付标志": direction, "交易金额": amount, "交易余额": balance}


def test_a_blank_direction_follows_from_the_balances_beyond_doubt(tmp_path: Path) -> None:
    imported = read(
        tmp_path,
        at("10:00:00", "进", "100.00", "100.00"),
        at("10:01:00", "", "30.00", "70.00"),
        at("10:02:00", "", "5.00", "75.00"),
        at("10:03:00", "", "5.00", "79.00"),  # leads nowhere
        at("10:04:00", "", "4.00", "83.00"),  # two rows at one instant
        at("10:04:00", "", "4.00", "87.00"),
        at("10:05:00", "", "2.00", "85.00"),  # after an instant with two rows
    )
    assert imported.settled["row"].to_list() == [3, 4]
    assert sorted(imported.frame.select("payer", "amount_minor").rows()) == [
        ("629900001", 3000), ("629900002", 500), ("629900002", 10000),
    ]  # fmt: skip
    assert imported.rejects["row"].to_list() == [5, 6, 7, 8]


def test_breaks_of_balances_are_reported_where_they_are(tmp_path: Path) -> None:
    imported = read(
        tmp_path,
        at("10:00:00", "进", "100.00", "100.00"),
        at("10:01:00", "出", "30.00", "70.00"),
        at("10:02:00", "出", "1.00", ""),
        at("10:03:00", "出", "30.00", "39.00"),
        at("10:04:00", "出", "10.00", "20.00"),  # nine are missing
        at("10:05:00", "出", "5.00", "15.00"),
        at("10:06:00", "出", "5.00", "20.00"),  # an instant told out of order
        at("10:06:00", "进", "10.00", "25.00"),
    )
    assert imported.balance_breaks.select("row", "expected_minor", "stated_minor").rows() == [(6, 2900, 2000)]
    assert imported.totals.accepted == 8


def other_side(**cells: str) -> dict[str, str]:
    return {"交易卡号": "629900002", "交易对手账卡号": "629900001", "收付标志": "进", **cells}


@pytest.mark.parametrize(
    ("cells", "merges"),
    [
        ({}, True),
        ({"交易时间": "2026-03-02 10:02:00"}, True),
        ({"交易时间": "2026-03-02 10:02:01"}, False),
        ({"交易金额": "100.01"}, False),
        ({"交易币种": "USD"}, False),
        ({"收付标志": "出"}, False),
        ({"交易对手账卡号": "629900003"}, False),
        ({"交易对手账卡号": ""}, False),
    ],
)
def test_two_halves_become_one(tmp_path: Path, cells: dict[str, str], merges: bool) -> None:
    assert read(tmp_path, {}, other_side(**cells)).totals.merged == int(merges)


def test_a_half_without_counterparty_joins_by_the_same_number(tmp_path: Path) -> None:
    number = {"交易流水号": "N7"}
    imported = read(tmp_path, number, other_side(**number, 交易对手账卡号=""))
    assert imported.frame.select("payer", "payee").rows() == [("629900001", "629900002")]
    imported = read(tmp_path, number | {"交易对手账卡号": ""}, other_side(**number))
    assert imported.frame.select("payer", "payee").rows() == [("629900001", "629900002")]


def test_halves_join_one_to_one_by_number_first_then_by_time(tmp_path: Path) -> None:
    imported = read(
        tmp_path,
        {"交易流水号": "A", "交易时间": "2026-03-02 10:00:00"},
        {"交易时间": "2026-03-02 10:00:50"},
        other_side(交易流水号="A", 交易时间="2026-03-02 10:00:51"),
        other_side(交易时间="2026-03-02 10:00:10"),
        other_side(交易时间="2026-03-02 10:01:00"),
    )
    assert (imported.totals.accepted, imported.totals.merged) == (3, 2)
    assert {at for at, payee in imported.frame.select("booked_at", "payee").rows()} == {
        (1_772_416_800 + second) * 1_000_000 for second in (0, 10, 50)
    }


def test_a_reversal_names_its_only_original(tmp_path: Path) -> None:
    back = {"收付标志": "进", "摘要说明": "冲正", "交易时间": "2026-03-02 10:05:00"}
    frame = read(tmp_path, {}, back).frame
    first, second = frame.sort("booked_at").iter_rows(named=True)
    assert (second["kind"], second["reverses"], second["payee"]) == ("reversal", first["id"], "629900001")
    red = {"摘要说明": "红字冲账", "交易金额": "-100.00", "交易时间": "2026-03-02 10:05:00"}
    assert read(tmp_path, {}, red).frame["reverses"].null_count() == 1


def test_a_reversal_with_two_originals_names_none_unless_a_number_tells(tmp_path: Path) -> None:
    back = {"收付标志": "进", "摘要说明": "退汇", "交易时间": "2026-03-02 10:05:00"}
    twice = ({"交易流水号": "A"}, {"交易流水号": "B"})
    assert read(tmp_path, *twice, back).frame["reverses"].null_count() == 3
    frame = read(tmp_path, *twice, back | {"交易流水号": "B"}).frame
    assert frame["reverses"].null_count() == 2


def test_equal_rows_of_one_file_stay_two_and_of_two_files_are_the_same(tmp_path: Path) -> None:
    assert read(tmp_path, {}, {}).totals.accepted == 2
    paths = [write_rows(tmp_path / f"{n}.csv", POLICE.columns, [ROW, ROW]) for n in range(2)]
    imported = import_flows(paths)
    assert (imported.totals.accepted, imported.totals.merged) == (2, 2)
