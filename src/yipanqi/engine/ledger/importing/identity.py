"""Ids for rows that bring none: a hash of what the row says and which occurrence of it in its table this is.

So the same file gives the same ids under any name and in any order of rows, and two equal rows of one statement
stay two. Leaves rows with ids of their own to `merging`.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

_SEPARATOR = "\x1f"


def derive_ids(frame: pl.DataFrame, content: Sequence[str]) -> pl.Series:
    """The id of each row of one table, from the columns of `content`."""
    said = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in content], separator=_SEPARATOR
    )
    counted = frame.select(said=said).with_columns(nth=pl.int_range(pl.len()).over("said"))
    ids = [_digest(text, nth) for text, nth in counted.iter_rows()]
    return pl.Series("id", ids, dtype=pl.String)


def _digest(text: str, nth: int) -> str:
    whole = f"{text}{_SEPARATOR}{nth}".encode()
    return "f-" + hashlib.blake2b(whole, digest_size=16).hexdigest()
