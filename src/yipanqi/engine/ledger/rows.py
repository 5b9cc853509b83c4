"""Transfers as numbered columns in the ledger's order, from a frame, from several such tables, and back to a frame.

Everything of a canonical frame is kept, also what tracing does not need (serials, banks of each row, channels, what
a row reverses). Leaves the index to `table` and files to `segments`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.ledger.columns import (
    KIND_BITS,
    KIND_NAMES,
    LEAVES,
    SCHEMA,
    SERIAL,
    STAYING,
    STILL,
    Kind,
    checked_frame,
)
from yipanqi.engine.ledger.indexing import unite_names
from yipanqi.engine.ledger.numbering import number_texts
from yipanqi.engine.ledger.sorting import order_rows
from yipanqi.engine.ledger.texts import Texts, frozen, join_texts, make_texts, with_look_up

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Rows:
    """Columns of equal length. Pot p is the account names[p] in currencies[currency[p]]; they are sorted by both.

    Banks and channels are places in their sorted tables; place 0 is "" (unknown). `reverses` holds the texts of the
    rows `reverses_at`, rising.
    """

    booked_at: NDArray[np.int64]
    serial: NDArray[np.int64]  # 0 without the flag SERIAL
    payer: Ints  # pots
    payee: Ints
    amount: NDArray[np.int64]
    flags: NDArray[np.uint8]
    ids: Texts
    names: Texts
    currency: NDArray[np.uint8]
    currencies: tuple[str, ...]
    payer_bank: Ints
    payee_bank: Ints
    banks: tuple[str, ...]
    channel: Ints
    channels: tuple[str, ...]
    reverses_at: Ints
    reverses: Texts

    def __len__(self) -> int:
        return len(self.booked_at)


def rows_from_frame(frame: pl.DataFrame, ids: Texts | None = None) -> Rows:
    """Number and sort the rows of a checked frame; `ids` are its ids if they were packed before."""
    count = len(frame)
    accounts, distinct = number_texts(_both(frame, "payer", "payee"))
    currency, currencies = number_texts(frame["currency"])
    banks, bank_names = _number_with_blank(_both(frame, "payer_bank", "payee_bank"))
    channel, channels = _number_with_blank(frame["channel"])
    keys = accounts * np.int64(max(len(currencies), 1)) + np.tile(currency, 2)
    seen = np.zeros(len(distinct) * len(currencies), np.bool_)
    seen[keys] = True
    pots = np.flatnonzero(seen)
    pot_of = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    both = pot_of[keys]
    reverses_at = frame["reverses"].fill_null("").ne("").arg_true()
    unsorted = Rows(
        booked_at=_column(frame["booked_at"]),
        serial=_column(frame["serial"].fill_null(0)),
        payer=frozen(both[:count]),
        payee=frozen(both[count:]),
        amount=_column(frame["amount_minor"]),
        flags=frozen(_flag_bytes(frame, both[:count] == both[count:])),
        ids=ids or make_texts(frame["id"]),
        names=make_texts(distinct.gather(pots // max(len(currencies), 1))),
        currency=frozen((pots % max(len(currencies), 1)).astype(np.uint8)),
        currencies=tuple(currencies),
        payer_bank=frozen(banks[:count]),
        payee_bank=frozen(banks[count:]),
        banks=bank_names,
        channel=frozen(channel),
        channels=channels,
        reverses_at=reverses_at.to_numpy().astype(np.int32),
        reverses=make_texts(frame["reverses"].gather(reverses_at)),
    )
    return _sorted(unsorted)


def _both(frame: pl.DataFrame, left: str, right: str) -> pl.Series:
    return pl.concat([frame[left], frame[right].alias(left)], rechunk=False)


def _column(series: pl.Series) -> NDArray[np.int64]:
    return frozen(np.ascontiguousarray(series.to_numpy()))


def _number_with_blank(series: pl.Series) -> tuple[Ints, tuple[str, ...]]:
    if series.null_count() == len(series):
        return np.zeros(len(series), np.int32), ("",)
    codes, distinct = number_texts(series.fill_null(""))
    if len(distinct) and distinct[0] == "":
        return codes, tuple(distinct)
    return codes + np.int32(1), ("", *distinct)


def _flag_bytes(frame: pl.DataFrame, to_oneself: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Kind, whether the money leaves, whether there is a serial, and transfers to oneself, as a byte a row."""
    kinds = np.array([int(kind) | (0 if kind in STAYING else LEAVES) for kind in Kind], np.uint8)
    flags: NDArray[np.uint8] = kinds[frame["kind"].cast(pl.Enum(KIND_NAMES)).to_physical().to_numpy()]
    flags[frame["serial"].is_not_null().to_numpy()] |= SERIAL
    flags[to_oneself] |= STILL
    return flags


def _sorted(rows: Rows) -> Rows:
    order = order_rows(rows.booked_at, rows.serial, rows.flags, rows.ids.offsets, rows.ids.blob)
    if bool((order[1:] > order[:-1]).all()):
        return rows
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    reverses_at = place[rows.reverses_at]
    turn = np.argsort(reverses_at).astype(np.int32)
    columns = (
        "booked_at",
        "serial",
        "payer",
        "payee",
        "amount",
        "flags",
        "payer_bank",
        "payee_bank",
        "channel",
    )
    return Rows(
        **{name: frozen(getattr(rows, name)[order]) for name in columns},
        ids=rows.ids.take(order),
        names=rows.names,
        currency=rows.currency,
        currencies=rows.currencies,
        banks=rows.banks,
        channels=rows.channels,
        reverses_at=frozen(reverses_at[turn]),
        reverses=rows.reverses.take(turn),
    )


def merge_rows(parts: Sequence[Rows]) -> Rows:
    """One table of the rows of several, which share no id."""
    if not parts:
        return rows_from_frame(checked_frame(pl.DataFrame(schema=SCHEMA)))
    currencies, money = _united([part.currencies for part in parts])
    names, currency, pots = _united_pots(
        [p.names for p in parts], [m[p.currency] for m, p in zip(money, parts, strict=True)]
    )
    banks, bank = _united([part.banks for part in parts])
    channels, channel = _united([part.channels for part in parts])
    starts = np.cumsum([0, *(len(part) for part in parts)])
    payer = _renumbered(pots, [part.payer for part in parts])
    payee = _renumbered(pots, [part.payee for part in parts])
    flags = np.concatenate([part.flags for part in parts]) & np.uint8(KIND_BITS | LEAVES | SERIAL)
    flags[payer == payee] |= STILL
    return _sorted(
        Rows(
            booked_at=frozen(np.concatenate([part.booked_at for part in parts])),
            serial=frozen(np.concatenate([part.serial for part in parts])),
            payer=payer,
            payee=payee,
            amount=frozen(np.concatenate([part.amount for part in parts])),
            flags=frozen(flags),
            ids=with_look_up(*join_texts([part.ids for part in parts])),
            names=names,
            currency=currency,
            currencies=currencies,
            payer_bank=_renumbered(bank, [part.payer_bank for part in parts]),
            payee_bank=_renumbered(bank, [part.payee_bank for part in parts]),
            banks=banks,
            channel=_renumbered(channel, [part.channel for part in parts]),
            channels=channels,
            reverses_at=frozen(
                np.concatenate([p.reverses_at + np.int32(s) for p, s in zip(parts, starts, strict=False)])
            ),
            reverses=with_look_up(*join_texts([part.reverses for part in parts])),
        )
    )


def _united(tables: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], list[Ints]]:
    """(all texts sorted, for each table the new places of its texts)."""
    texts = tuple(sorted({text for table in tables for text in table}))
    places = {text: at for at, text in enumerate(texts)}
    return texts, [np.array([places[text] for text in table], np.int32) for table in tables]


def _united_pots(
    names: Sequence[Texts], currency: Sequence[Ints]
) -> tuple[Texts, NDArray[np.uint8], list[Ints]]:
    """(names, currency, for each table the new numbers of its pots) of several sorted tables of pots."""
    own, money, numbers = names[0], currency[0], [np.arange(len(names[0]), dtype=np.int32)]
    for more, its_money in zip(names[1:], currency[1:], strict=True):
        both = (own.offsets, own.blob, frozen(money), more.offsets, more.blob, frozen(its_money))
        count, left, right = unite_names(*both)
        source = np.empty(count, np.int32)
        source[right] = np.arange(len(own), len(own) + len(more), dtype=np.int32)
        source[left] = np.arange(len(own), dtype=np.int32)
        numbers = [*(left[each] for each in numbers), right]
        money = np.concatenate([money, its_money])[source]
        own = with_look_up(*join_texts([own, more])).take(source)
    return own, frozen(money.astype(np.uint8)), numbers


def _renumbered(numbers: Sequence[Ints], columns: Sequence[Ints]) -> Ints:
    return frozen(np.concatenate([new[column] for new, column in zip(numbers, columns, strict=True)]))


def frame_of(rows: Rows, at: NDArray[Any] | None = None, ids: pl.Series | None = None) -> pl.DataFrame:
    """The canonical frame of the rows at some positions, or of all; `ids` are theirs if they are known."""
    at = np.arange(len(rows), dtype=np.int32) if at is None else at
    flags = rows.flags[at]
    columns = {
        "id": pl.Series([rows.ids[int(row)] for row in at], dtype=pl.String) if ids is None else ids,
        "booked_at": pl.Series(rows.booked_at[at]),
        "serial": pl.Series(rows.serial[at]),
        "payer": _spelled(rows.names, rows.payer[at]),
        "payee": _spelled(rows.names, rows.payee[at]),
        "currency": _spelled(rows.currencies, rows.currency[rows.payer[at]]),
        "amount_minor": pl.Series(rows.amount[at]),
        "kind": _spelled(KIND_NAMES, flags & KIND_BITS),
        "payer_bank": _spelled(rows.banks, rows.payer_bank[at]),
        "payee_bank": _spelled(rows.banks, rows.payee_bank[at]),
        "channel": _spelled(rows.channels, rows.channel[at]),
        "reverses": _reversed_by(rows, at),
    }
    has_serial = pl.Series((flags & SERIAL).astype(np.bool_))
    blank = [pl.col(name).replace("", None) for name in ("payer_bank", "payee_bank", "channel", "reverses")]
    return pl.DataFrame(columns).with_columns(pl.when(has_serial).then("serial").alias("serial"), *blank)


def _spelled(table: Texts | tuple[str, ...], places: NDArray[Any]) -> pl.Series:
    used = np.zeros(len(table), np.bool_)
    used[places] = True
    texts = pl.Series([table[int(place)] for place in np.flatnonzero(used)], dtype=pl.String)
    return texts.gather((np.cumsum(used) - 1)[places])


def _reversed_by(rows: Rows, at: NDArray[Any]) -> pl.Series:
    found = np.searchsorted(rows.reverses_at, at)
    texts = [""] * len(at)
    for turn in np.flatnonzero(found < len(rows.reverses_at)):
        if rows.reverses_at[found[turn]] == at[turn]:
            texts[turn] = rows.reverses[int(found[turn])]
    return pl.Series(texts, dtype=pl.String)
