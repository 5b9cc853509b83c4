"""The money river of a trace: boxes (accounts, by level) and bands (traced money between them), without places.

Payers of starting transfers stand left, then level by level. Money that leaves the system ends in a box of its own
one column after its payer, so that a way out used from several levels stands in several columns with its part in
each. So that a page stays readable, a column shows the boxes with the most traced money and gathers the rest in
one; levels beyond the last column stand in it together. Leaves places to `layout` and looks to `picture`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from yipanqi.engine.ledger.columns import STAYING
from yipanqi.engine.tracing.result import Trace, TracedAccount, TracedTransfer

BOX_LIMIT: Final = 12  # boxes of a column that stand alone
COLUMN_LIMIT: Final = 8  # the payers and seven levels
SEVERAL: Final = "several"
_STAYING: Final = frozenset(kind.name.lower() for kind in STAYING)

Key: TypeAlias = tuple[str, int]  # account, and the column of a way out or 0


@dataclass(slots=True)
class Box:
    """An account, the part of a way out that one level used, or several of them gathered (`gathered` > 1).

    Amounts in minor units, 0 where unknown. `count` is how many traced transfers arrived, or left a payer of starting
    transfers; `paid_minor` what such a payer paid; `end` the kind of a way out, `SEVERAL` for more than one.
    """

    key: Key
    column: int
    bank: str = ""
    gathered: int = 1
    in_minor: int = 0
    out_minor: int = 0
    held_minor: int = 0
    left_minor: int = 0
    paid_minor: int = 0
    count: int = 0
    end: str | None = None
    first_at: datetime | None = None


@dataclass(slots=True)
class Band:
    """Traced money from one box to another: `minor` of `count` transfers; where amounts are unknown `minor` is 1."""

    source: int
    target: int
    minor: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class River:
    """Boxes and bands; `columns` are places of boxes."""

    boxes: list[Box]
    bands: list[Band]
    columns: list[list[int]]
    counted: bool  # False: amounts are unknown
    deeper: bool  # the last column holds more than one level
    gathers: bool  # some boxes stand for several accounts


def make_river(trace: Trace, *, box_limit: int = BOX_LIMIT, column_limit: int = COLUMN_LIMIT) -> River:
    """The river of a trace: at most `box_limit` boxes and a gathering one a column, and `column_limit` columns."""
    spring = _Spring(trace, column_limit - 1)
    places, boxes, columns = _gather(spring.boxes, box_limit)
    bands: dict[tuple[int, int], Band] = {}
    for source, target, minor in spring.flows:
        pair = places[source], places[target]
        band = bands.setdefault(pair, Band(*pair))
        band.minor = 1 if minor is None else band.minor + minor
        band.count += 1
    return River(
        boxes=boxes,
        bands=[band for band in bands.values() if band.source != band.target],
        columns=columns,
        counted=trace.totals is not None,
        deeper=any(account.level >= len(columns) for account in trace.accounts),
        gathers=any(box.gathered > 1 for box in boxes),
    )


class _Spring:
    """All boxes of a trace by key, each alone, and its flows (source, target, minor or None)."""

    def __init__(self, trace: Trace, last: int) -> None:
        self._last = last
        self._known = {account.account: account for account in trace.accounts}
        self._paying = {transfer.payer for transfer in trace.transfers if not transfer.is_seed}
        self.boxes: dict[Key, Box] = {}
        self.flows: list[tuple[Key, Key, int | None]] = []
        for transfer in trace.transfers:
            self._flow(transfer)
        for box in self.boxes.values():
            account = self._known.get(box.key[0])
            if account and box.end is None:
                box.out_minor, box.held_minor = account.tainted_out_minor or 0, account.held_minor or 0

    def _flow(self, transfer: TracedTransfer) -> None:
        minor = transfer.tainted_minor or 0
        source = self._box(transfer.payer, transfer.booked_at)
        account = self._known[transfer.payee]
        if self._leaves(transfer, account):
            target = self._way_out(account, source.column + 1, transfer)
            target.left_minor += minor
        else:
            target = self._box(transfer.payee, transfer.booked_at)
        target.in_minor += minor
        target.count += 1
        if transfer.is_seed:
            source.paid_minor += minor
        if source.column == 0:
            source.count += 1
        self.flows.append((source.key, target.key, transfer.tainted_minor))

    def _leaves(self, transfer: TracedTransfer, payee: TracedAccount) -> bool:
        goes_on = payee.held_minor or payee.tainted_out_minor or payee.account in self._paying
        return transfer.kind not in _STAYING or (payee.sink is not None and not goes_on)

    def _box(self, account: str, at: datetime) -> Box:
        if (account, 0) not in self.boxes:
            known = self._known.get(account)
            column = min(known.level, self._last) if known else 0
            self.boxes[account, 0] = Box((account, 0), column, known.bank if known else "", first_at=at)
        return self.boxes[account, 0]

    def _way_out(self, account: TracedAccount, column: int, transfer: TracedTransfer) -> Box:
        key = account.account, min(column, self._last)
        if key not in self.boxes:
            self.boxes[key] = Box(key, key[1], account.bank, first_at=transfer.booked_at)
            self.boxes[key].end = account.sink or transfer.kind
        return self.boxes[key]


def _gather(boxes: dict[Key, Box], limit: int) -> tuple[dict[Key, int], list[Box], list[list[int]]]:
    """(place of each key, boxes, columns): the largest stand alone, the rest of a column share one box, the last."""
    members: dict[int, list[Box]] = defaultdict(list)
    for box in boxes.values():
        members[box.column].append(box)
    places: dict[Key, int] = {}
    shown: list[Box] = []
    columns: list[list[int]] = []
    for column in range(max(members, default=-1) + 1):
        own = sorted(members[column], key=_importance)
        alone = own if len(own) <= limit + 1 else own[:limit]
        rest = own[len(alone) :]
        for place, box in enumerate(own):
            places[box.key] = len(shown) + min(place, len(alone))
        stand = [*alone, *([_merged(rest)] if rest else [])]
        columns.append(list(range(len(shown), len(shown) + len(stand))))
        shown += stand
    return places, shown, columns


def _importance(box: Box) -> tuple[int, int, Key]:
    return -(box.in_minor + box.paid_minor), -box.count, box.key


def _merged(boxes: list[Box]) -> Box:
    return Box(
        key=("", boxes[0].column),
        column=boxes[0].column,
        gathered=len(boxes),
        in_minor=sum(box.in_minor for box in boxes),
        out_minor=sum(box.out_minor for box in boxes),
        held_minor=sum(box.held_minor for box in boxes),
        left_minor=sum(box.left_minor for box in boxes),
        paid_minor=sum(box.paid_minor for box in boxes),
        count=sum(box.count for box in boxes),
        end=_one_end(box.end for box in boxes),
    )


def _one_end(ends: Iterable[str | None]) -> str | None:
    kinds = {end for end in ends if end}
    return next(iter(kinds)) if len(kinds) == 1 else (SEVERAL if kinds else None)
