"""Why each account pays each claim what it pays, line by line: rule, numbers put in, transfers, law.

Lines are made when they are asked for, from a split's own numbers, so a large fund costs nothing until somebody looks.
A fact that ends in `_minor` is money, a Fraction is money not yet rounded. Leaves sentences to `wording`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final

import numpy as np

from yipanqi.engine.restitution.facts import Facts
from yipanqi.engine.restitution.inflows import SHOWN
from yipanqi.engine.restitution.result import AccountSplit, Split

_ARTICLE_8: Final = "64 8"  # notice 41 (2016), as quoted
_SHARED_BY_LOSS: Final = "FR11 9"
LAW: Final[Mapping[str, tuple[str, ...]]] = {
    "test.single": (_ARTICLE_8,),
    "test.holds": (_ARTICLE_8, "D"),
    "test.broken": (_ARTICLE_8, "D"),
    "test.tied": ("D",),
    "test.upstream": ("D",),
    "notice": (_ARTICLE_8,),
    "net": (_SHARED_BY_LOSS,),
    "net.upstream": (_SHARED_BY_LOSS, "D"),
    "share.direct": (_ARTICLE_8,),
    "share.traced_share": (_ARTICLE_8, "D"),
    "share.loss_ratio": (_ARTICLE_8, _SHARED_BY_LOSS),
    "share.hotchpot": (_SHARED_BY_LOSS, "D"),
    "interest": (_SHARED_BY_LOSS, "CPP 234"),
    "held": (_ARTICLE_8,),
    "paid": (),
    "paid.interest": (),
}
_HOUSE: Final = ("D",)


@dataclass(frozen=True, slots=True)
class Line:
    """One step. `claim` is None where it is the account's; `more`: there are further transfers than those named.

    `law`: keys of the catalog's citations with articles, "D" for a choice of the house.
    """

    code: str
    account: str
    claim: str | None
    facts: Mapping[str, int | str | Fraction] = field(default_factory=dict)
    transfers: tuple[str, ...] = ()
    more: bool = False

    @property
    def law(self) -> tuple[str, ...]:
        """What the step rests on."""
        return LAW.get(self.code, _HOUSE)


def explain(split: Split, account: str | None = None) -> Iterator[Line]:
    """The lines of all accounts in the order in which they pay, or of one: the account's, then each claim's."""
    told = _Telling(split)
    for each in split.accounts:
        if account in (None, each.account):
            yield from told.account(each)


class _Telling:
    """Tells of one split."""

    def __init__(self, split: Split) -> None:
        self._split, self._facts = split, split.facts
        self._number = {claim: at for at, claim in enumerate(split.claims)}

    def account(self, each: AccountSplit) -> Iterator[Line]:
        yield from self._test(each)
        yield from self._frozen(each)
        if each.basis.rule in ("traced_share", "loss_ratio", "hotchpot"):
            yield Line("notice", each.account, None)
        for claim in each.paid:
            yield from self._claim(each, claim)
        facts = {
            "principal_minor": each.principal_minor,
            "interest_minor": each.interest_minor,
            "paid_minor": sum(each.paid.values()),
            "held_minor": each.held_minor,
        }
        yield Line("held", each.account, None, facts)

    def _place(self, account: str) -> int:
        """The account's place among those that the ledger knows."""
        assert self._facts is not None  # asked only where there are facts
        return self._facts.known.tolist().index(self._facts.accounts.index(account))

    def _test(self, each: AccountSplit) -> Iterator[Line]:
        """How it was found out which rule applies."""
        rule, facts = each.basis.rule, self._facts
        if rule in ("traced_share", "loss_ratio", "hotchpot") and facts is not None:
            yield self._failed(facts, each.account)
        elif rule == "direct" and facts is not None:
            yield self._held(facts, each.account)
        elif rule != "direct":
            yield Line(f"rule.{rule}", each.account, None)

    def _held(self, facts: Facts, account: str) -> Line:
        pot = int(facts.pots[facts.accounts.index(account)])
        credits = facts.ledger.in_at[facts.ledger.in_start[pot] : facts.ledger.in_start[pot + 1]]
        if len(credits) == 1 and facts.tag[credits[0]] >= 0 and not facts.opening[pot]:
            return Line("test.single", account, None, {}, (facts.ledger.ids[int(credits[0])],))
        return Line("test.holds", account, None, {"balance_minor": int(facts.books.balance[pot])})

    def _failed(self, facts: Facts, account: str) -> Line:
        place, stamps = self._place(account), facts.stamps
        row = int(stamps.broken_at[place])
        transfer = facts.ledger.ids[row]
        numbers: dict[str, int | str | Fraction] = {"transfer": transfer}
        numbers["amount_minor"] = int(facts.ledger.amount[row])
        if stamps.by_tie[place]:
            return Line("test.tied", account, None, numbers, (transfer,))
        if stamps.sides[place][1] < 0 or facts.ledger.payer[row] != facts.pots[facts.known[place]]:
            return Line("test.upstream", account, None, numbers, (transfer,))
        first, second = (facts.source(int(side)) for side in stamps.sides[place])
        numbers |= {"first": first[1], "first_kind": first[0], "second": second[1], "second_kind": second[0]}
        numbers["left_minor"] = int(facts.books.after[row])
        return Line("test.broken", account, None, numbers, (transfer,))

    def _frozen(self, each: AccountSplit) -> Iterator[Line]:
        """What is frozen of what lies there, and what came in since the account was last empty."""
        if self._facts is None or each.basis.rule == "untouched":
            return
        facts, books = self._facts, self._facts.books
        pot = int(facts.pots[facts.accounts.index(each.account)])
        balance = int(books.balance[pot])
        if balance != each.principal_minor and not self._split.case.settled:
            code = "frozen.less" if each.principal_minor < balance else "frozen.more"
            gap = abs(balance - each.principal_minor)
            numbers = {"balance_minor": balance, "principal_minor": each.principal_minor, "gap_minor": gap}
            yield Line(code, each.account, None, numbers)
        if each.basis.rule in ("traced_share", "pari_passu"):
            sums = {f"{name}_minor": minor for name, minor in each.basis.numbers.items()}
            row = int(books.emptied[pot])
            emptied = (facts.ledger.ids[row],) if row >= 0 else ()
            code = "window.since" if emptied else "window.start"
            yield Line(code, each.account, None, sums, emptied)

    def _claim(self, each: AccountSplit, claim: str) -> Iterator[Line]:
        given, due = self._split.case.claims[claim], each.dues[claim]
        upstream = due.recovered_minor - given.recovered_minor
        net = {
            "loss_minor": given.loss_minor,
            "recovered_minor": given.recovered_minor,
            "net_minor": due.net_minor,
        }
        code = "net.upstream" if upstream else "net"
        own, more = self._own(claim)
        yield Line(code, each.account, claim, net | {"upstream_minor": upstream}, own, more)
        share = Fraction(each.principal_minor * each.basis.parts[self._number[claim]], each.basis.whole)
        transfers, more = self._carried(each.account, claim)
        yield Line(*self._share(each, claim, share), transfers, more)
        if share > due.net_minor:
            surplus = share - due.net_minor
            yield Line(
                "cap", each.account, claim, {"net_minor": due.net_minor, "share": share, "surplus": surplus}
            )
        yield from self._rounded(each, claim, min(share, Fraction(due.net_minor)))

    def _share(
        self, each: AccountSplit, claim: str, share: Fraction
    ) -> tuple[str, str, str, Mapping[str, int | str | Fraction]]:
        """(code, account, claim, facts) of the claim's part."""
        basis, numbers = each.basis, each.basis.numbers
        part = basis.parts[self._number[claim]]
        facts: dict[str, int | str | Fraction] = {"principal_minor": each.principal_minor, "share": share}
        if basis.rule == "hotchpot":
            up, down = numbers["numerator"], numbers["denominator"]
            before = each.dues[claim].recovered_minor
            facts |= {"numerator_minor": up, "denominator_minor": down, "before_minor": before}
            facts["base_minor"] = (part + down * before) // up
            code = basis.rule
        elif basis.rule == "libr_cap":
            scaled = numbers["lowest"] > numbers["balance"]
            facts |= {
                "part_minor": part // numbers["balance"] if scaled else part,
                "balance_minor": numbers["balance"],
            }
            facts["whole_minor"] = numbers["lowest"]
            code = "libr_cap.scaled" if scaled else "libr_cap"
        else:
            facts |= {"part_minor": part, "whole_minor": basis.whole}
            scaled = basis.rule not in ("traced_share", "loss_ratio", "pari_passu") and share != part
            code = f"{basis.rule}.scaled" if scaled else basis.rule
        return f"share.{code}", each.account, claim, facts

    def _rounded(self, each: AccountSplit, claim: str, exact: Fraction) -> Iterator[Line]:
        """Interest in the same weight, the last minor unit, and what is paid."""
        paid, own = each.paid[claim], each.principal_paid[claim]
        if each.interest_minor and each.principal_minor and self._split.policy.interest == "follow_principal":
            whole = exact * (each.principal_minor + each.interest_minor) / each.principal_minor
            facts = {"principal_minor": each.principal_minor, "interest_minor": each.interest_minor}
            yield Line("interest", each.account, claim, {**facts, "part": exact, "share": whole})
            exact = whole
        if exact != paid:
            code = "round.up" if paid > exact else "round.down"
            yield Line(code, each.account, claim, {"share": exact, "amount_minor": paid})
        amounts = {"amount_minor": paid, "principal_minor": own, "interest_minor": paid - own}
        yield Line("paid.interest" if paid > own else "paid", each.account, claim, amounts)

    def _own(self, claim: str) -> tuple[tuple[str, ...], bool]:
        """The claim's own transfers, the first few."""
        if self._facts is None:
            return (), False
        rows = self._facts.rows[self._number[claim]]
        return tuple(self._facts.ledger.ids[int(row)] for row in rows[:SHOWN]), len(rows) > SHOWN

    def _carried(self, account: str, claim: str) -> tuple[tuple[str, ...], bool]:
        """The transfers that brought the claim's money to the account, the first few."""
        if self._facts is None:
            return (), False
        rows = self._rows_carried.get((self._place(account), self._number[claim]), [])
        return tuple(self._facts.ledger.ids[row] for row in rows[:SHOWN]), len(rows) > SHOWN

    @cached_property
    def _rows_carried(self) -> dict[tuple[int, int], list[int]]:
        assert self._facts is not None  # asked only where there are facts
        found: dict[tuple[int, int], list[int]] = {}
        for fund, claim, row in np.stack(self._facts.inflows.carried, axis=1).tolist():
            found.setdefault((fund, claim), []).append(row)
        return found
