"""What stands on each sheet of the flow table, as plain cells: text, whole numbers and money.

Leaves fonts, widths in print and the file itself to `flow_table`, and words to `wording`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from yipanqi.engine.tracing.evidence.provenance import Provenance
from yipanqi.engine.tracing.evidence.wording import Wording, currency_of
from yipanqi.engine.tracing.result import Trace, TracedAccount, TracedTransfer


class Money(NamedTuple):
    """An amount cell."""

    minor: int
    currency: str


Cell: TypeAlias = str | int | Money | None


class Row(NamedTuple):
    """A line of a sheet; `part` opens a part, `head` names columns, `note` is a sentence over the whole width."""

    style: Literal["title", "part", "head", "plain", "sum", "note"]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet: name, width of each column in characters, lines; `listed`: the first line heads a long list."""

    name: str
    widths: tuple[int, ...]
    rows: list[Row]
    listed: bool = False


class Matter(NamedTuple):
    """What all sheets are made of."""

    trace: Trace
    provenance: Provenance
    wording: Wording
    levels: Mapping[str, int]
    currency: str


def matter_of(trace: Trace, provenance: Provenance, wording: Wording) -> Matter:
    """Gather a trace's levels and its currency once; a trace has one currency."""
    levels = {account.account: account.level for account in trace.accounts}
    return Matter(trace, provenance, wording, levels, currency_of(trace))


def summary_sheet(matter: Matter) -> Sheet:
    """What was followed and how, where the money is, level by level, and the starting transfers."""
    say = matter.wording.say
    rows = [Row("title", (say("title.table"),)), Row("part", (say("part.basis"),))]
    rows += [Row("plain", pair) for pair in _basis(matter)]
    rows += [Row("part", (say("part.totals"), matter.currency))]
    rows += _totals(matter)
    rows += _by_level(matter)
    rows += _starts(matter)
    return Sheet(say("sheet.summary"), (26, 24, 26, 26, 18, 26), rows)


def _basis(matter: Matter) -> list[tuple[str, Cell]]:
    trace, made, wording = matter.trace, matter.provenance, matter.wording
    say = wording.say
    opening = (
        say("opening.inferred") if made.opening is None else say("opening.given", count=len(made.opening))
    )
    sinks = say("sinks.given", count=len(made.sinks)) if made.sinks else say("sinks.none")
    hubs = say("hubs.none") if made.hub_degree is None else say("hubs.given", degree=made.hub_degree)
    return [
        (say("field.method"), wording.say_both(f"method.{trace.method}")),
        (say("field.until"), wording.time(trace.until) if trace.until else say("until.end")),
        (say("field.opening"), opening),
        (say("field.sinks"), sinks),
        (say("field.hubs"), hubs),
        (say("field.zone"), made.zone.key),
        (say("field.ledger"), trace.digest),
        (say("field.rows"), trace.rows),
        (say("field.pack"), f"{made.pack_id} {made.pack_version}"),
        (say("field.program"), made.program),
    ]


def _totals(matter: Matter) -> list[Row]:
    say, totals = matter.wording.say, matter.trace.totals
    if totals is None:
        return [Row("plain", (say("total.unknown"),))]
    parts = (totals.held_minor, totals.left_system_minor, totals.displaced_minor)
    names = ("held", "left_system", "displaced")
    rows = [Row("sum", (say("total.seeded"), Money(totals.seeded_minor, matter.currency)))]
    rows += [
        Row("plain", (say(f"total.{name}"), Money(minor, matter.currency)))
        for name, minor in zip(names, parts, strict=True)
    ]
    return [
        *rows,
        Row("sum", (say("total.difference"), Money(totals.seeded_minor - sum(parts), matter.currency))),
    ]


def _by_level(matter: Matter) -> Iterator[Row]:
    say = matter.wording.say
    names = ("column.level", "column.count", "column.tainted_in", "column.held")
    yield Row("part", (say("part.levels"), matter.currency))
    yield Row("head", tuple(say(name) for name in names))
    for level in sorted(set(matter.levels.values())):
        own = [account for account in matter.trace.accounts if account.level == level]
        sums = (
            _sum([account.tainted_in_minor for account in own], matter.currency),
            _sum([account.held_minor for account in own], matter.currency),
        )
        yield Row("plain", (matter.wording.level(level), len(own), *sums))


def _sum(minors: list[int | None], currency: str) -> Money | None:
    known = [minor for minor in minors if minor is not None]
    return Money(sum(known), currency) if len(known) == len(minors) else None


def _starts(matter: Matter) -> Iterator[Row]:
    say = matter.wording.say
    names = ("number", "booked_at", "payer", "payee", "amount", "transfer")
    yield Row("part", (say("part.seeds"), matter.currency))
    yield Row("head", tuple(say(f"column.{name}") for name in names))
    starts = [transfer for transfer in matter.trace.transfers if transfer.is_seed]
    for number, transfer in enumerate(starts, start=1):
        yield Row(
            "plain",
            (
                number,
                matter.wording.time(transfer.booked_at),
                matter.wording.account(transfer.payer),
                matter.wording.account(transfer.payee),
                Money(transfer.amount_minor, transfer.currency),
                transfer.id,
            ),
        )


def accounts_sheet(matter: Matter) -> Sheet:
    """Each account the money reached, by level and first arrival."""
    wording, named = matter.wording, bool(matter.wording.showing.names)
    head = [
        ("level", 10), ("account", 26), *([("holder", 16)] if named else []), ("bank", 22),
        ("tainted_in", 18), ("tainted_out", 18), ("held", 18),
        ("first_at", 20), ("last_at", 20), ("end", 16),
    ]  # fmt: skip
    rows = [_head(matter, head)]
    for each in matter.trace.accounts:
        cells: list[Cell] = [wording.level(each.level), wording.account(each.account)]
        cells += [wording.holder(each.account)] if named else []
        cells += [wording.bank(each.bank)]
        cells += [_money(minor, each.currency) for minor in _amounts(each)]
        cells += [wording.time(each.first_at), wording.time(each.last_at), wording.fate(each)]
        rows.append(Row("plain", tuple(cells)))
    return Sheet(wording.say("sheet.accounts"), tuple(width for _, width in head), rows, listed=True)


def _amounts(account: TracedAccount) -> tuple[int | None, ...]:
    return account.tainted_in_minor, account.tainted_out_minor, account.held_minor


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _head(matter: Matter, head: list[tuple[str, int]]) -> Row:
    money = {"tainted_in", "tainted_out", "held", "amount", "tainted"}
    return Row(
        "head",
        tuple(
            matter.wording.say(f"column.{name}") + (f" ({matter.currency})" if name in money else "")
            for name, _ in head
        ),
    )


def transfers_sheet(matter: Matter) -> Sheet:
    """Each starting transfer and each transfer with traced money in it, in order."""
    wording, named = matter.wording, bool(matter.wording.showing.names)
    head = [
        ("number", 8), ("booked_at", 20), ("payer", 26), *([("payer_holder", 14)] if named else []),
        ("payee", 26), *([("payee_holder", 14)] if named else []),
        ("amount", 18), ("tainted", 18), ("levels", 18), ("kind", 14), ("transfer", 24), ("seed", 8),
    ]  # fmt: skip
    rows = [_head(matter, head)]
    for number, each in enumerate(matter.trace.transfers, start=1):
        cells: list[Cell] = [number, wording.time(each.booked_at), wording.account(each.payer)]
        cells += [wording.holder(each.payer)] if named else []
        cells += [wording.account(each.payee)]
        cells += [wording.holder(each.payee)] if named else []
        cells += [Money(each.amount_minor, each.currency), _money(each.tainted_minor, each.currency)]
        cells += [_levels(matter, each), wording.say(f"kind.{each.kind}"), each.id]
        cells += [wording.say("mark.seed") if each.is_seed else ""]
        rows.append(Row("plain", tuple(cells)))
    return Sheet(wording.say("sheet.transfers"), tuple(width for _, width in head), rows, listed=True)


def _levels(matter: Matter, transfer: TracedTransfer) -> str:
    ends = (matter.levels.get(account, 0) for account in (transfer.payer, transfer.payee))
    return " → ".join(matter.wording.level(level) for level in ends)


def owners_sheet(matter: Matter) -> Sheet:
    """Whose money lies in which account: by account and starting transfer."""
    wording = matter.wording
    payers = {transfer.id: transfer.payer for transfer in matter.trace.transfers if transfer.is_seed}
    head = [("account", 26), ("owner_seed", 24), ("owner", 26), ("held", 18)]
    rows = [_head(matter, head)]
    for each in matter.trace.owners:
        payer = wording.account(payers[each.seed])
        rows.append(
            Row(
                "plain",
                (wording.account(each.account), each.seed, payer, Money(each.held_minor, each.currency)),
            )
        )
    return Sheet(wording.say("sheet.owners"), tuple(width for _, width in head), rows, listed=True)


def notes_sheet(matter: Matter) -> Sheet:
    """The rules in words, accounts whose order is open, and where and why the trace stops."""
    trace, say, account = matter.trace, matter.wording.say, matter.wording.account
    rules = (f"rule.{trace.method}", "rule.order", "rule.level", "rule.start", "rule.left")
    rows = [Row("part", (say("notes.rules"),)), *(Row("note", (say(rule),)) for rule in rules)]
    rows += [Row("part", (say("notes.ambiguous"),))]
    if trace.ambiguous:
        rows += [Row("note", (say("notes.ambiguous_why"),))]
        rows += [Row("plain", (account(each),)) for each in trace.ambiguous]
    else:
        rows += [Row("plain", (say("notes.ambiguous_none"),))]
    rows += _stops(matter)
    if trace.void:
        rows += [Row("part", (say("notes.void"),)), *(Row("plain", (seed,)) for seed in trace.void)]
    return Sheet(say("sheet.notes"), (30, 14, 20, 60), rows)


def _stops(matter: Matter) -> Iterator[Row]:
    wording, say = matter.wording, matter.wording.say
    yield Row("part", (say("notes.stops"),))
    if not matter.trace.stops:
        yield Row("plain", (say("notes.stops_none"),))
        return
    yield Row("head", tuple(say(f"column.{name}") for name in ("account", "end", "tainted_in", "reason")))
    for each in matter.trace.stops:
        money = _money(each.tainted_in_minor, matter.currency)
        yield Row(
            "plain", (wording.account(each.account), wording.end(each.kind), money, say(f"stop.{each.why}"))
        )
