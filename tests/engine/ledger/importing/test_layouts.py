"""Every layout is written and read back to the same transfers: from either side, in any order, once or again."""

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ledger.importing.layouts import (
    EBANK,
    LAYOUTS,
    POLICE,
    POLICE_B,
    TABBED,
    TEMPLATE,
    UNIFIED,
    WECHAT,
    Holder,
    Layout,
    Line,
    Move,
    holder,
    statement,
)
from yipanqi.engine.ledger import SCHEMA
from yipanqi.engine.ledger.importing import ColumnMap, Imported, import_flows

HOLDERS = [holder(n) for n in range(1, 5)]
TWO_SIDED = [layout for layout in LAYOUTS if layout.names_other]


def transfers(imported: Imported) -> list[tuple[int, str, str, int]]:
    frame = imported.frame.select("booked_at", "payer", "payee", "amount_minor")
    return sorted(frame.iter_rows())


def whole(imported: Imported) -> list[tuple[object, ...]]:
    return sorted(imported.frame.iter_rows(), key=str)


def sound(imported: Imported) -> Imported:
    totals = imported.totals
    assert totals.rows_in == totals.accepted + totals.merged + totals.rejected
    assert (totals.accepted, totals.rejected) == (len(imported.frame), len(imported.rejects))
    assert imported.frame.schema == pl.Schema(SCHEMA)
    return imported


MOVES = [
    Move(HOLDERS[0], HOLDERS[1], 50_000_00, 0, "N1"),
    Move(HOLDERS[1], HOLDERS[2], 20_000_05, 300, "N2"),
    Move(HOLDERS[1], HOLDERS[0], 1, 301, "N3"),
    Move(HOLDERS[2], HOLDERS[1], 999_99, 4000, "N4"),
]


def own_account(layout: Layout, own: Holder) -> ColumnMap | None:
    return ColumnMap(fixed={"own_account": own.card}) if layout is WECHAT else None


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_statement_reads_back_as_its_transfers(layout: Layout, suffix: str, tmp_path: Path) -> None:
    own = HOLDERS[1]
    lines = statement(own, MOVES)
    write = layout.write_csv if suffix == ".csv" else layout.write_xlsx
    path = write(tmp_path / f"a{suffix}", lines)
    imported = sound(import_flows([path], mapping=own_account(layout, own)))
    assert imported.refused == ()
    assert transfers(imported) == sorted(expected(line, layout) for line in lines)
    assert len(imported.balance_breaks) == 0
    notes = imported.rejects["reason_code"].unique().to_list()
    assert notes in ([], ["not_a_transfer"])
    if layout.names_other and layout not in (EBANK, TEMPLATE, WECHAT):
        banks = dict(imported.accounts.select("account", "bank").iter_rows())
        assert "对手开户银行" not in layout.columns or banks[HOLDERS[0].card] == HOLDERS[0].bank


def expected(line: Line, layout: Layout) -> tuple[int, str, str, int]:
    at, payer, payee, amount = line.move.canonical()
    if layout.names_other:
        return at, payer, payee, amount
    if line.out:
        return at, payer, f"?{payer}>{line.other.name}", amount
    return at, f"?{line.other.name}>{payee}", payee, amount


def test_csv_and_workbook_give_the_same_ids(tmp_path: Path) -> None:
    lines = statement(HOLDERS[1], MOVES)
    both = [POLICE.write_csv(tmp_path / "a.csv", lines), POLICE.write_xlsx(tmp_path / "b.xlsx", lines)]
    imported = sound(import_flows(both))
    assert (imported.totals.accepted, imported.totals.merged) == (4, 4)


moves = st.lists(
    st.builds(
        lambda pair, amount, second, number: Move(*pair, amount, second, number),
        st.permutations(HOLDERS).map(lambda holders: (holders[0], holders[1])),
        st.integers(1, 3).map(lambda n: n * 100) | st.integers(1, 10**9),
        st.integers(0, 40).map(lambda n: n * 7) | st.integers(0, 10**6),
        st.sampled_from(["", "1", "2", "3"]),
    ),
    min_size=1,
    max_size=12,
)


def write_sides(folder: Path, moved: Sequence[Move], layouts: Sequence[Layout]) -> list[Path]:
    paths = []
    for own, layout in zip(HOLDERS, layouts, strict=True):
        if lines := statement(own, moved):
            paths.append(layout.write_csv(folder / f"{own.card}.csv", lines))
    return paths


@settings(max_examples=60)
@given(moves, st.lists(st.sampled_from([POLICE, POLICE_B, UNIFIED, TABBED]), min_size=4, max_size=4))
def test_all_sides_together_give_each_transfer_once(moved: list[Move], layouts: list[Layout]) -> None:
    with TemporaryDirectory() as folder:
        paths = write_sides(Path(folder), moved, layouts)
        imported = sound(import_flows(paths))
    assert transfers(imported) == sorted(move.canonical() for move in moved)
    assert imported.totals.merged == len(moved)
    assert len(imported.balance_breaks) == 0


@settings(max_examples=40)
@given(moves, st.lists(st.sampled_from(TWO_SIDED), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_order_of_rows_and_files_is_nothing_and_twice_is_once(
    moved: list[Move], layouts: list[Layout], chance: random.Random
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        first = sound(import_flows(write_sides(Path(one), moved, layouts)))
        shuffled = []
        for own, layout in zip(HOLDERS, layouts, strict=True):
            if lines := statement(own, moved):
                chance.shuffle(lines)
                shuffled += [layout.write_csv(Path(two) / f"{n}-{own.card}.csv", lines) for n in (1, 2)]
        chance.shuffle(shuffled)
        again = sound(import_flows(shuffled))
    assert whole(again) == whole(first)
    assert again.totals.merged == 2 * first.totals.merged + first.totals.accepted


@settings(max_examples=40)
@given(moves, st.permutations(range(4)))
def test_batch_after_batch_comes_to_the_same_transfers(moved: list[Move], order: list[int]) -> None:
    """Files of the sides arrive one by one; each batch knows the halves of those before; one is sent twice."""
    frames, known = [], None
    with TemporaryDirectory() as folder:
        paths = write_sides(Path(folder), moved, [POLICE] * 4)
        for at in [*order, order[0]]:
            if at < len(paths):
                imported = sound(import_flows([paths[at]], known=known))
                frames.append(imported.frame)
                known = imported.halves if known is None else pl.concat([known, imported.halves])
    ledger = pl.concat(frames)
    assert ledger["id"].n_unique() == len(ledger)
    assert sorted(ledger.select("payer", "payee", "amount_minor").iter_rows()) == sorted(
        move.canonical()[1:] for move in moved
    )
