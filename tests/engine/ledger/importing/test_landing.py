"""Batches into a ledger on disk: appended once, whatever comes again, and joined to the halves that are there."""

from pathlib import Path

import pytest

from tests.engine.ledger.importing.layouts import POLICE, WECHAT, Move, holder, statement, write_rows
from yipanqi.engine.ledger import LedgerError
from yipanqi.engine.ledger.columns import VOID
from yipanqi.engine.ledger.importing import import_into
from yipanqi.engine.ledger.store import Store

ONE, TWO = holder(1), holder(2)
MOVES = [Move(ONE, TWO, 100_00, 0), Move(TWO, ONE, 30_00, 600), Move(ONE, TWO, 100_00, 30)]
HEAD = "id,booked_at,payer,payee,amount\n"


def test_sides_that_come_one_after_the_other_and_again(tmp_path: Path) -> None:
    first = POLICE.write_csv(tmp_path / "1.csv", statement(ONE, MOVES))
    second = POLICE.write_csv(tmp_path / "2.csv", statement(TWO, MOVES))
    ledger = tmp_path / "L"
    told = [import_into(ledger, [path]).totals for path in (first, second, first, second)]
    assert [(each.accepted, each.merged) for each in told] == [(3, 0), (0, 3), (0, 3), (0, 3)]
    assert len(Store.open(ledger).ledger()) == 3


def test_a_crash_before_the_register_is_healed_by_the_same_files(tmp_path: Path) -> None:
    first = POLICE.write_csv(tmp_path / "1.csv", statement(ONE, MOVES))
    second = POLICE.write_csv(tmp_path / "2.csv", statement(TWO, MOVES))
    ledger = tmp_path / "L"
    import_into(ledger, [first])
    (ledger / "halves.parquet").unlink()
    assert import_into(ledger, [first]).totals.merged == 3
    assert import_into(ledger, [second]).totals.merged == 3


PAID = {"交易卡号": "629900001", "交易时间": "2026-03-02 10:00:00", "交易金额": "100.00", "收付标志": "出",
        "交易对手账卡号": "629900002", "交易流水号": "A"}  # fmt: skip
BACK = PAID | {"收付标志": "进", "摘要说明": "冲正", "交易时间": "2026-03-02 10:05:00", "交易流水号": ""}


def landed(tmp_path: Path, *batches: list[dict[str, str]]) -> Store:
    """The ledger after these rows were imported batch by batch, the last of them twice."""
    tmp_path.mkdir(exist_ok=True)
    for name, rows in enumerate([*batches, batches[-1]]):
        import_into(tmp_path / "L", [write_rows(tmp_path / f"{name}.csv", POLICE.columns, rows)])
    return Store.open(tmp_path / "L")


def test_a_reversal_names_an_original_of_an_earlier_batch(tmp_path: Path) -> None:
    other = PAID | {"交易卡号": "629900002", "收付标志": "进", "交易对手账卡号": "629900001"}
    store = landed(tmp_path, [PAID, other], [PAID | {"交易时间": "2026-03-03 10:00:00"}, BACK])
    first, back, later = store.frame().iter_rows(named=True)
    assert (back["kind"], back["reverses"], later["reverses"]) == ("reversal", first["id"], None)
    assert [bool(flag & VOID) for flag in store.ledger().flags] == [True, True, False]


def test_an_original_is_taken_back_once_over_all_batches(tmp_path: Path) -> None:
    store = landed(tmp_path, [PAID], [BACK], [BACK | {"交易时间": "2026-03-02 10:06:00"}])
    assert [bool(flag & VOID) for flag in store.ledger().flags] == [True, True, False]
    assert store.frame()["reverses"].null_count() == 2


def test_originals_of_several_batches_are_told_apart_by_their_number(tmp_path: Path) -> None:
    twice = [PAID], [PAID | {"交易流水号": "B", "交易时间": "2026-03-02 10:01:00"}]
    assert landed(tmp_path / "1", *twice, [BACK]).frame()["reverses"].null_count() == 3
    store = landed(tmp_path / "2", *twice, [BACK | {"交易流水号": "B"}])
    assert [bool(flag & VOID) for flag in store.ledger().flags] == [False, True, True]


def test_a_transfer_the_ledger_holds_otherwise_is_rejected_with_its_place(tmp_path: Path) -> None:
    file, other = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text(HEAD + "T1,2026-03-02,A,B,1\nT2,2026-03-02,A,B,1\n")
    other.write_text(HEAD + "T1,2026-03-02,A,B,2\nT2,2026-03-02,A,B,1\nT3,2026-03-02,A,B,1\n")
    import_into(tmp_path / "L", [file])
    landed = import_into(tmp_path / "L", [other])
    totals = landed.totals
    assert (totals.rows_in, totals.accepted, totals.merged, totals.rejected) == (3, 1, 1, 1)
    assert landed.rejects.rows() == [(str(other), 2, "id", "T1 (amount_minor)", "id_in_ledger")]


def test_nothing_changes_when_nothing_could_be_read(tmp_path: Path) -> None:
    path = WECHAT.write_csv(tmp_path / "a.csv", statement(ONE, MOVES))
    with pytest.raises(LedgerError, match="own_account"):
        import_into(tmp_path / "L", [path])
    assert not (tmp_path / "L").exists()


def test_a_damaged_register_is_said(tmp_path: Path) -> None:
    path = POLICE.write_csv(tmp_path / "a.csv", statement(ONE, MOVES))
    import_into(tmp_path / "L", [path])
    (tmp_path / "L" / "halves.parquet").write_bytes(b"PAR1")
    with pytest.raises(LedgerError, match=r"halves\.parquet is damaged"):
        import_into(tmp_path / "L", [path])
