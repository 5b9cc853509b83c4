"""Rows that share an id: the same transfer said again merges, two transfers under one id are both refused.

Neither of two conflicting rows is better than the other, and taking the first would make the order of files
matter. Leaves halves of transfers to `pairing`.
"""

from dataclasses import dataclass

import polars as pl

from yipanqi.engine.ledger.columns import SCHEMA


@dataclass(frozen=True)
class Merged:
    """`rows` with each id once, how many rows merged into others, and the conflicting rows with `seen`: where else."""

    rows: pl.DataFrame
    merged: int
    conflicts: pl.DataFrame


def merge_by_id(rows: pl.DataFrame) -> Merged:
    """Merge rows (SCHEMA with `file` and `row`) of the same id and content; those of other content conflict."""
    empty = rows.clear().with_columns(seen=pl.lit(None, pl.String))
    if rows["id"].n_unique() == len(rows):
        return Merged(rows, 0, empty)
    twice = rows["id"].is_duplicated()
    several = rows.filter(twice).sort("id", "file", "row")
    content = pl.struct(name for name in SCHEMA if name != "id")
    several = several.with_columns(contents=content.n_unique().over("id"))
    place = pl.format("{} row {}", "file", "row")
    conflicts = several.filter(pl.col("contents") > 1).with_columns(
        seen=pl.when(pl.int_range(pl.len()).over("id") == 0)
        .then(place.get(1).over("id"))
        .otherwise(place.first().over("id"))
    )
    same = several.filter(pl.col("contents") == 1)
    kept = same.unique("id", keep="first", maintain_order=True)
    whole = pl.concat([rows.filter(~twice), kept.drop("contents")])
    return Merged(whole, len(same) - len(kept), conflicts.drop("contents"))
