"""Which rows of a frame are new to a store: the rest is there already (merged), or there with other content
(conflict).

Leaves writing the new ones to `store`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.rows import Rows, frame_of
from yipanqi.engine.ledger.texts import Texts, make_texts


@dataclass(frozen=True)
class Conflict:
    """A row whose id is taken by a transfer with other content, and the names of the fields that differ."""

    id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Sifted:
    """The new rows with their packed ids, how many were there before, and which contradict what is there."""

    frame: pl.DataFrame
    ids: Texts
    merged: int
    conflicts: tuple[Conflict, ...]


def sift(frame: pl.DataFrame, stored: Sequence[Rows]) -> Sifted:
    """Compare a checked frame with stored rows, then with itself. Of rows with one id the first by content is kept."""
    ids = make_texts(frame["id"])
    new = np.ones(len(frame), np.bool_)
    merged, conflicts = 0, list[Conflict]()
    for rows in stored:
        found = rows.ids.find_all(ids)
        here = np.flatnonzero(found >= 0)
        if len(here):
            new[here] = False
            known = frame[here]
            differing = _compare(known, frame_of(rows, found[here], known["id"]))
            merged, conflicts = merged + len(here) - len(differing), conflicts + differing
    if ids.some_twice():
        twins = frame.with_row_index("at").filter(new & frame["id"].is_duplicated().to_numpy())
        twins = twins.sort("id", *SCHEMA, "at").with_columns(first=pl.col("at").first().over("id"))
        later = twins.filter(pl.col("at") != pl.col("first"))
        new[later["at"].to_numpy()] = False
        differing = _compare(later.select(*SCHEMA), frame[later["first"].to_numpy()])
        merged, conflicts = merged + len(later) - len(differing), conflicts + differing
    if not new.all():
        kept = np.flatnonzero(new).astype(np.int32)
        frame, ids = frame[kept], ids.take(kept)
    return Sifted(
        frame, ids, merged, tuple(sorted(conflicts, key=lambda conflict: (conflict.id, conflict.fields)))
    )


def _compare(frame: pl.DataFrame, other: pl.DataFrame) -> list[Conflict]:
    """The rows that are not those of the other frame. An absent text and an empty one are the same."""
    blank = [pl.col(name).replace("", None) for name, kind in SCHEMA.items() if kind == pl.String]
    frame, other = frame.with_columns(blank), other.with_columns(blank)
    differs = pl.DataFrame({name: frame[name].ne_missing(other[name]) for name in SCHEMA})
    marked = differs.with_columns(any=pl.any_horizontal(pl.all()), own=frame["id"]).filter("any")
    return [
        Conflict(row["own"], tuple(name for name in SCHEMA if row[name]))
        for row in marked.iter_rows(named=True)
    ]
