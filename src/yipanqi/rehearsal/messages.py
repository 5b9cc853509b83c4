"""What partners send in a rehearsal: the province's warnings with their truth, re-timed where needed, some rows
broken.

A plan is a function of seed and instant alone: the same two give the same rows. Posting them is `player`'s matter.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from zlib import crc32

from yipanqi import catalog
from yipanqi.engine.province import Province, Warning, WarningTruth, generate
from yipanqi.engine.province.scenario import CHINA
from yipanqi.engine.province.streams import stream
from yipanqi.gateways.reading import minor_text
from yipanqi.kernel.places import ancestor_codes
from yipanqi.rehearsal.moves import Payment, last_before, payments_of
from yipanqi.rehearsal.payees import payee_name

WARNINGS = 450  # of a whole history; few enough to be played in half a minute
QUICK_WARNINGS_PER_DAY = 700
QUICK = timedelta(hours=2)
RUSH = timedelta(minutes=10)  # at the end of a history, when the seats are not answered
WINDUP = timedelta(minutes=25)  # before the end; what was sent later comes in the rush
RUSH_MOST = 120
BROKEN_ONE_IN = 40
LIVE_DAYS = 2
LIVE_WARNINGS_PER_DAY = 400
LIVE_FROM_S = 11 * 3600  # of a province's first day: by then people have paid
SCALE = 0.5
LARGE_MINOR = 1_000_000
LARGE_FIRST = 5
LARGE_NOTICED = timedelta(minutes=5)  # after they were paid: by then part of the money has gone on
FEW = 0.25  # of the warnings about people who have paid less than a tenth of that, where a visitor watches
LIVE_SPEED = 2  # mules pass money on so many times as fast where a visitor watches: after 1½ to 5 minutes
BANKS = ("ccb", "icbc")
KNOW_ADDRESSES = {"bank", "company", "hotline_96110"}  # the others know a number only
STREETS = ("中山路", "解放北路", "文昌街", "建设路", "江滨大道", "朝阳巷", "学府路", "东湖里")
SENDERS = {
    "national_12381": "n12381",
    "police_model": "fjmodel",
    "telecom": "fjtelecom",
    "company": "mall",
    "hotline_96110": "h96110",
}


@dataclass(frozen=True)
class Truth:
    """What is true about a warned person: how they behave when called. `answers_on_call` 0 is never."""

    is_true: bool
    answers_on_call: int
    has_paid: bool
    would_pay_at: datetime | None


@dataclass(frozen=True)
class Message:
    """One row as a partner sends it at an instant; `truth` is None where the row is broken on purpose.

    `payments` are all that the person of the row pays in the fraud it is about, before and after.
    """

    sender: str
    sent_at: datetime
    row: dict[str, str]
    truth: Truth | None
    payments: tuple[Payment, ...] = field(default=(), compare=False)

    def at(self, sent_at: datetime, prefix: str = "") -> "Message":
        """The same message sent at another instant, all its times moved along, its ids with a prefix."""
        shift = sent_at - self.sent_at
        occurred_at = datetime.fromisoformat(self.row["occurred_at"]) + shift
        row = self.row | {
            "external_id": prefix + self.row["external_id"],
            "occurred_at": occurred_at.isoformat(),
        }
        truth = self.truth
        if truth and truth.would_pay_at:
            truth = replace(truth, would_pay_at=truth.would_pay_at + shift)
        payments = tuple(each.moved(each.at + shift, prefix=prefix) for each in self.payments)
        return Message(self.sender, sent_at, row, truth, payments)

    def fresh(self, sent_at: datetime, *, speed: int = 1, noticed: timedelta = timedelta(0)) -> "Message":
        """The same message sent at another instant: what was paid last before it is paid `noticed` earlier and passed
        on `speed` times as fast; what was paid before that is left out, and after a large sum nothing is left to pay.
        """
        moved = self.at(sent_at)
        last = moved.paid_before(sent_at)
        if last is None:
            return moved
        paid_at = sent_at - noticed
        row = moved.row | {"occurred_at": paid_at.isoformat()}
        truth, later = moved.truth, [each for each in moved.payments if each.at > sent_at]
        if truth and last.move.amount_minor >= LARGE_MINOR:
            truth, later = replace(truth, would_pay_at=None), []
        payments = tuple(each.moved(each.at, speed=speed) for each in later)
        return Message(self.sender, sent_at, row, truth, (last.moved(paid_at, speed=speed), *payments))

    def paid_before(self, at: datetime) -> Payment | None:
        """The last payment up to an instant, to the account of the row if it names one."""
        account = self.row.get("suspect_account")
        named = [each for each in self.payments if account in {"", None, each.move.payee.account}]
        return last_before(named or self.payments, at)


@dataclass(frozen=True)
class History:
    """What is played before the centre is opened: `messages` by instant, then a `rush` in the last ten minutes."""

    starts_at: datetime
    ends_at: datetime
    messages: list[Message]
    rush: list[Message]


def plan_history(seed: int, until: datetime, *, quick: bool = False) -> History:
    """Yesterday's and today's warnings up to `until` (quick: of two hours), and those for the rush at its end."""
    midnight = until.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = until - QUICK if quick else midnight - timedelta(days=1)
    hours = (until - starts_at) / timedelta(hours=1)
    per_day = QUICK_WARNINGS_PER_DAY if quick else int(WARNINGS * 24 / hours)
    first_date = starts_at.astimezone(CHINA).date()
    days = (midnight.date() - first_date).days + 2  # one more, for the rush
    province = generate(seed, days, start_date=first_date, scale=SCALE, warnings_per_day=per_day)
    sent = with_broken(seed, _messages(province))
    past = [each for each in sent if starts_at <= each.sent_at <= until - WINDUP]
    later = [each for each in _worth_a_chase(seed, sent) if each.sent_at >= until][:RUSH_MOST]
    large = _large(seed)
    step, begin = RUSH / (len(large) + len(later) + 1), until - RUSH
    first = [each.fresh(begin + step * n, noticed=LARGE_NOTICED) for n, each in enumerate(large, start=1)]
    rest = [each.fresh(begin + step * n) for n, each in enumerate(later, start=len(large) + 1)]
    return History(starts_at, until, past, [*first, *rest])


def live_messages(seed: int, started_at: datetime) -> Iterator[Message]:
    """Messages without end, from one province after another; ids are of this start alone, times are to be moved."""
    mark = int(started_at.timestamp()) // 60
    for number in count():
        own_seed = crc32(f"{seed} {mark} {number}".encode())
        province = generate(own_seed, LIVE_DAYS, scale=SCALE, warnings_per_day=LIVE_WARNINGS_PER_DAY)
        prefix = f"{mark:x}{number}-"
        from_at = province.scenario.instant(LIVE_FROM_S)
        for message in _worth_a_chase(own_seed, with_broken(own_seed, _messages(province))):
            if message.sent_at >= from_at:
                yield message.at(message.sent_at, prefix)


def with_broken(seed: int, messages: Iterator[Message]) -> list[Message]:
    """The messages, with a broken row beside about one in forty, as exports and typing errors make them."""
    result = []
    for number, message in enumerate(messages):
        result.append(message)
        draws = stream(seed, "broken", number)
        if draws.chance(1 / BROKEN_ONE_IN):
            result.append(_broken(message, draws.whole(0, 4)))
    return result


def _worth_a_chase(seed: int, messages: Iterable[Message]) -> Iterator[Message]:
    """The messages without most of those about small sums already paid."""
    for place, message in enumerate(messages):
        paid = message.paid_before(message.sent_at)
        is_small = paid is not None and paid.move.amount_minor < LARGE_MINOR // 10
        if not is_small or stream(seed, "few", place).chance(FEW):
            yield message


def _large(seed: int) -> list[Message]:
    """A few messages by banks about large payments of people who answer at once.

    From a province of their own: the mules of the history's are stopped by the time of the rush, and no money goes on.
    """
    own_seed = crc32(f"{seed} large".encode())
    province = generate(own_seed, LIVE_DAYS, scale=SCALE, warnings_per_day=LIVE_WARNINGS_PER_DAY)
    found: dict[str, Message] = {}
    for message in _messages(province):
        paid = message.paid_before(message.sent_at)
        answers = message.truth is not None and message.truth.answers_on_call == 1
        if paid and answers and message.sender in BANKS and paid.move.amount_minor >= LARGE_MINOR:
            found.setdefault(paid.phone, message.at(message.sent_at, "large-"))
    return list(found.values())[:LARGE_FIRST]


def _broken(message: Message, kind: int) -> Message:
    row = message.row | {"external_id": f"{message.row['external_id']}-2"}
    damage: dict[str, str] = (
        {"amount": "3万5"},
        {"amount": "1.2E+05"},
        {"person_phone": row["person_phone"][:7]},
        {"occurred_at": row["occurred_at"][:19]},
        {"suspect_account": "6.22848E+18", "jurisdiction_code": "360102"},
    )[kind]
    return replace(message, row=row | damage, truth=None, payments=())


def _messages(province: Province) -> Iterator[Message]:
    payments = payments_of(province)
    for warning, truth in zip(province.warnings, province.truth.warnings, strict=True):
        known = {"person_address": _address(warning)} if warning.source in KNOW_ADDRESSES else {}
        if account := warning.row.get("suspect_account"):
            known["text"] = f"{warning.row.get('text', '')}（收款户名：{payee_name(account)}）"
        paid = payments.get(truth.fraud_id, ())
        message = Message(_sender(warning), warning.sent_at, warning.row | known, _truth(truth), paid)
        last = message.paid_before(warning.occurred_at)
        if account and last:  # a stop is of one payment, and some warnings tell the sum of several
            message.row["amount"] = minor_text(last.move.amount_minor)
        yield message


def _address(warning: Warning) -> str:
    """An invented street and number in the resident's county, the same in every warning about them."""
    number = crc32(warning.resident_id.encode())
    codes = ancestor_codes(warning.row["jurisdiction_code"][:6])
    places = "".join(catalog.jurisdictions()[code].name.zh for code in codes)
    street = STREETS[number % len(STREETS)]
    return f"{places}{street}{number % 380 + 1}号{number % 9 + 1}座{number % 28 + 1}0{number % 4 + 1}室"


def _sender(warning: Warning) -> str:
    if warning.source == "bank":
        return BANKS[crc32(warning.resident_id.encode()) % len(BANKS)]
    return SENDERS[warning.source]


def _truth(truth: WarningTruth) -> Truth:
    return Truth(truth.is_true, truth.answers_on_call, truth.paid_before_minor > 0, truth.would_pay_at)
