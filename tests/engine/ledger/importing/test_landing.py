"""Batches into a ledger on disk: appended once, whatever comes again, and joined to the halves that are there."""

from pathlib import Path

import pytest

from tests.engine.ledger.importing.layouts import POLICE, WECHAT, Move, holder, statement
from yipanqi.engine.ledger import LedgerError
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
