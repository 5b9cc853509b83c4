"""A police feedback folder: companion files say which card is which account, whose it is, and at which bank."""

from pathlib import Path

from tests.engine.ledger.importing.layouts import (
    ACCOUNT_COLUMNS,
    CUSTOMER_COLUMNS,
    POLICE,
    SUB_ACCOUNT_COLUMNS,
    write_rows,
)
from yipanqi.engine.ledger.importing import import_flows

BASE = {"交易时间": "2026-03-02 10:00:00", "交易金额": "100.00", "收付标志": "出"}


def feedback(folder: Path) -> Path:
    """350001 has card 629900001; 350002 has cards 629900002 and 629900003; 350004 has sub-account 350004-1."""
    inside = folder / "反馈"
    inside.mkdir(parents=True)
    bank = {"反馈单位": "融山银行"}
    write_rows(
        inside / "账户信息.csv",
        ACCOUNT_COLUMNS,
        [
            bank | {"名称": "甲一", "查询账户": "629900001", "卡号": "629900001", "账号": "350001\t"},
            bank | {"名称": "甲二", "卡号": "629900003", "账号": "350002"},
            bank | {"名称": "甲二", "卡号": "629900002", "账号": "350002"},
            bank | {"名称": "甲四", "卡号": "6.29E+15", "账号": "350004"},
        ],
        "gb18030",
    )
    write_rows(
        inside / "子账户.csv", SUB_ACCOUNT_COLUMNS, [bank | {"账号": "350004", "子账户账号": "350004-1"}]
    )
    write_rows(
        inside / "人员.csv",
        CUSTOMER_COLUMNS,
        [{"反馈单位": "闽水银行", "查询账户": "629900007", "客户名称": "乙七"}],
    )
    (inside / ".hidden").write_text("x")
    write_rows(
        inside / "流水.csv",
        POLICE.columns,
        [
            BASE | {"交易账号": "350001", "交易对手账卡号": "350002"},
            BASE | {"交易卡号": "629900003", "交易对手账卡号": "629900001"},
            BASE | {"交易账号": "350004-1", "交易对手账卡号": "629900007", "对手开户银行": "榕城银行"},
            BASE | {"交易卡号": "629900002", "收付标志": "进", "交易对手账卡号": "629900001"},
        ],
    )
    return inside


def test_one_account_whatever_number_it_goes_by(tmp_path: Path) -> None:
    imported = import_flows([feedback(tmp_path)])
    assert imported.refused == ()
    rows = imported.frame.select("payer", "payee", "payer_bank", "payee_bank").sort("payer", "payee").rows()
    assert rows == [
        ("350004", "629900007", "融山银行", "榕城银行"),
        ("629900001", "629900002", "融山银行", "融山银行"),
        ("629900002", "629900001", "融山银行", "融山银行"),
    ]
    assert (imported.totals.rows_in, imported.totals.merged) == (4, 1), "companion rows are no transfers"
    assert {each.role for each in imported.files} == {"companion", "flows"}


def test_names_and_numbers_of_accounts(tmp_path: Path) -> None:
    accounts = import_flows([feedback(tmp_path)]).accounts
    told = {
        row["account"]: (row["name"], row["bank"], row["numbers"]) for row in accounts.iter_rows(named=True)
    }
    assert told == {
        "629900001": ("甲一", "融山银行", ["350001", "629900001"]),
        "629900002": ("甲二", "融山银行", ["350002", "629900002", "629900003"]),
        "350004": ("甲四", "融山银行", ["350004", "350004-1"]),
        "629900007": ("乙七", "闽水银行", ["629900007"]),
    }


def test_the_order_of_files_is_nothing(tmp_path: Path) -> None:
    folder = feedback(tmp_path)
    files = sorted(path for path in folder.iterdir() if path.suffix == ".csv")
    frames = [import_flows(order).frame.sort("id") for order in (files, files[::-1], [folder])]
    assert frames[0].equals(frames[1]) and frames[0].equals(frames[2])


def test_ids_do_not_depend_on_companions(tmp_path: Path) -> None:
    folder = feedback(tmp_path)
    alone = import_flows([folder / "流水.csv"])
    assert set(import_flows([folder]).frame["id"]) <= set(alone.frame["id"])
