"""How a trace's papers name things: accounts, banks, levels, ends of ways, times and amounts, in one language.

Words come from the catalog (`trace_words.yaml`). Whether names are known and accounts masked is the caller's
choice, by `Showing`. Leaves where on a paper a word stands to the papers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

from yipanqi import catalog
from yipanqi.engine.tracing.result import Trace, TracedAccount, exponent_of
from yipanqi.kernel.money import format_amount, format_short

Lang = Literal["zh", "en"]
_TAILED_FROM: Final = 9  # shorter account numbers are shown whole
_DIGITS: Final = "零一二三四五六七八九"


@dataclass(frozen=True)
class Showing:
    """How a paper shows accounts: language; holders by account; banks by the ledger's bank; how an account is masked.

    Banks that are not named here are looked up in the catalog; one that stands there neither is shown as it is.
    """

    lang: Lang = "zh"
    names: Mapping[str, str] = field(default_factory=dict)
    banks: Mapping[str, str] = field(default_factory=dict)
    mask: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Wording:
    """The words of one paper. Raises CatalogError for a word the catalog does not hold."""

    showing: Showing
    zone: ZoneInfo

    def say(self, code: str, **facts: object) -> str:
        """A word or sentence of the catalog with its facts."""
        return self._texts[code].fill(**facts).get(self.showing.lang)

    def say_both(self, code: str) -> str:
        """A word in both languages, the paper's own first."""
        text = self._texts[code].name
        both = (text.zh, text.en) if self.showing.lang == "zh" else (text.en, text.zh)
        return " · ".join(both)

    @cached_property
    def _texts(self) -> Mapping[str, catalog.Sentence]:
        return catalog.trace_words()

    def account(self, account: str) -> str:
        """The account's number, masked when the caller masks."""
        return self.showing.mask(account) if self.showing.mask else account

    def tail(self, account: str, digits: int = 4) -> str:
        """The account's last digits; what is short or no number, whole."""
        shown = self.account(account)
        if len(shown) < _TAILED_FROM or not shown[-digits:].isdigit():
            return shown
        return self.say("picture.tail", tail=shown[-digits:])

    def holder(self, account: str) -> str:
        """The holder's name, empty when not known."""
        return self.showing.names.get(account, "")

    def bank(self, bank: str, *, short: bool = False) -> str:
        """The bank's name; what the ledger says when nobody knows another."""
        if bank in self.showing.banks:
            return self.showing.banks[bank]
        known = catalog.banks().get(bank)
        if known is None:
            return bank
        return (known.short_name if short else known.name).get(self.showing.lang)

    def level(self, level: int) -> str:
        """一级卡, 二级卡 …; 0 is the payer of a starting transfer."""
        if level == 0:
            return self.say("level.payer")
        return self.say("level.number", number=self.number(level))

    def number(self, number: int) -> str:
        """A level's number: in Chinese by characters up to 99."""
        if self.showing.lang != "zh" or number > 99:
            return str(number)
        tens, ones = divmod(number, 10)
        head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
        return head + (_DIGITS[ones] if ones or not tens else "")

    def end(self, kind: str) -> str:
        """How traced money left at an account; kinds of the caller's own are shown as they are."""
        known = self._texts.get(f"end.{kind}")
        return known.name.get(self.showing.lang) if known else kind

    def fate(self, account: TracedAccount) -> str:
        """What became of the money that reached an account, in words."""
        ends = [self.end(account.sink)] if account.sink else []
        if account.held_minor:
            ends.append(self.say("end.held"))
        return " · ".join(ends) or ("" if account.held_minor is None else self.say("end.passed"))

    def time(self, at: datetime) -> str:
        """Date and time in the pack's zone; a fraction of a second only when there is one."""
        local = at.astimezone(self.zone)
        text = local.strftime("%Y-%m-%d %H:%M:%S")
        return text + (f".{local.microsecond:06d}".rstrip("0") if local.microsecond else "")

    def short_time(self, at: datetime) -> str:
        """Month, day, hour and minute in the pack's zone."""
        return at.astimezone(self.zone).strftime("%m-%d %H:%M")

    def amount(self, minor: int, currency: str) -> str:
        """The full amount with thousands separators."""
        return format_amount(minor, exponent=exponent_of(currency))

    def short(self, minor: int, currency: str) -> str:
        """The amount for a label: 4.8万, 1.2亿; 48.0k in English; below one unit in full."""
        if 0 < minor < 10 ** exponent_of(currency):
            return self.amount(minor, currency)
        return format_short(minor, self.showing.lang, exponent=exponent_of(currency))


def currency_of(trace: Trace) -> str:
    """The currency of a trace; it has one."""
    return trace.transfers[0].currency if trace.transfers else "CNY"
