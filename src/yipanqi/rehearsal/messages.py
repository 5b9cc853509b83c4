"""What partners send in a rehearsal: the province's warnings with their truth, re-timed where needed, some rows broken.

A plan is a function of seed and instant alone: the same two give the same rows. Posting them is `player`'s matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from zlib import crc32

from yipanqi import catalog
from yipanqi.engine.province import Province, Warning, WarningTruth, generate
from yipanqi.engine.province.scenario import CHINA
from yipanqi.engine.province.streams import stream
from yipanqi.kernel.places import ancestor_codes
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
SCALE = 0.5
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
    """One row as a partner sends it at an instant; `truth` is None where the row is broken on purpose."""

    sender: str
    sent_at: datetime
    row: dict[str, str]
    truth: Truth | None

    def at(self, sent_at: datetime, prefix: str = "") -> "Message":
        """The same message sent at another instant, all its times moved along, its id with a prefix."""
        shift = sent_at - self.sent_at
        occurred_at = datetime.fromisoformat(self.row["occurred_at"]) + shift
        row = self.row | {
            "external_id": prefix + self.row["external_id"],
            "occurred_at": occurred_at.isoformat(),
        }
        truth = self.truth
        if truth and truth.would_pay_at:
            truth = replace(truth, would_pay_at=truth.would_pay_at + shift)
        return Message(self.sender, sent_at, row, truth)


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
    later = [each for each in sent if each.sent_at >= until][:RUSH_MOST]
    begin = until - RUSH
    rush = [each.at(begin + RUSH * (n + 1) / (len(later) + 1)) for n, each in enumerate(later)]
    return History(starts_at, until, past, rush)


def live_messages(seed: int, started_at: datetime) -> Iterator[Message]:
    """Messages without end, from one province after another; ids are of this start alone, times are to be moved."""
    mark = int(started_at.timestamp()) // 60
    for number in count():
        own_seed = crc32(f"{seed} {mark} {number}".encode())
        province = generate(own_seed, LIVE_DAYS, scale=SCALE, warnings_per_day=LIVE_WARNINGS_PER_DAY)
        prefix = f"{mark:x}{number}-"
        yield from (each.at(each.sent_at, prefix) for each in with_broken(own_seed, _messages(province)))


def with_broken(seed: int, messages: Iterator[Message]) -> list[Message]:
    """The messages, with a broken row beside about one in forty, as exports and typing errors make them."""
    result = []
    for number, message in enumerate(messages):
        result.append(message)
        draws = stream(seed, "broken", number)
        if draws.chance(1 / BROKEN_ONE_IN):
            result.append(_broken(message, draws.whole(0, 4)))
    return result


def _broken(message: Message, kind: int) -> Message:
    row = message.row | {"external_id": f"{message.row['external_id']}-2"}
    damage: dict[str, str] = (
        {"amount": "3万5"},
        {"amount": "1.2E+05"},
        {"person_phone": row["person_phone"][:7]},
        {"occurred_at": row["occurred_at"][:19]},
        {"suspect_account": "6.22848E+18", "jurisdiction_code": "360102"},
    )[kind]
    return replace(message, row=row | damage, truth=None)


def _messages(province: Province) -> Iterator[Message]:
    for warning, truth in zip(province.warnings, province.truth.warnings, strict=True):
        known = {"person_address": _address(warning)} if warning.source in KNOW_ADDRESSES else {}
        if account := warning.row.get("suspect_account"):
            known["text"] = f"{warning.row.get('text', '')}（收款户名：{payee_name(account)}）"
        yield Message(_sender(warning), warning.sent_at, warning.row | known, _truth(truth))


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
