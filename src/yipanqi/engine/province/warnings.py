"""Warnings: which partner notices a fraud, when, and what its message says; false alarms; what is true.

Each source has its own chance and delay per fraud type, so one person may be warned of twice from two sides.
Messages have exactly the fields of the partner intake row. Leaves the money alone.
"""

from dataclasses import dataclass
from typing import Final

from yipanqi import catalog
from yipanqi.engine.province.frauds import PLAYED_TYPES
from yipanqi.engine.province.records import Fraud, Payment, Resident, Warning, WarningTruth
from yipanqi.engine.province.scenario import Scenario, daytime_s
from yipanqi.engine.province.streams import Draws, Weighted, stream
from yipanqi.engine.province.wording import BENIGN, load_wording, spoken_amount, who
from yipanqi.kernel.money import format_amount

FALSE_RATIO: Final = 0.22
ROW_FIELDS: Final = (
    "external_id", "occurred_at", "fraud_type_hint", "text", "level_hint", "person_name", "person_phone",
    "person_id_number", "jurisdiction_code", "amount", "paid", "payment_count", "suspect_account",
    "suspect_bank", "person_age", "person_sex",
)  # fmt: skip
_ANSWERS: Final = Weighted((1, 2, 3, 0), (62, 16, 8, 14))
_PREFIXES: Final = {
    "national_12381": "N", "police_model": "P", "bank": "B",
    "telecom": "T", "company": "C", "hotline_96110": "H",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sense:
    """How a source notices: chance by fraud type, what it reacts to, delays to notice and send (seconds)."""

    source: str
    ratios: dict[str, float]
    reacts_to: str
    notice_s: tuple[int, int]
    send_s: tuple[int, int]
    knows_id: float
    writes: float


SENSES: Final = (
    Sense(
        "national_12381", {"T01": 0.40, "T04": 0.30, "T08": 0.45}, "contact", (300, 2400), (20, 180), 0.3, 0.9
    ),
    Sense(
        "police_model", {"T01": 0.38, "T04": 0.25, "T08": 0.25}, "contact", (600, 4800), (10, 120), 0.8, 0.95
    ),
    Sense("bank", {"T01": 0.42, "T04": 0.45, "T08": 0.50}, "payment", (5, 150), (5, 60), 0.95, 0.85),
    Sense("telecom", {"T01": 0.08, "T04": 0.40, "T08": 0.45}, "contact", (120, 1500), (10, 90), 0.2, 0.7),
    Sense("company", {"T01": 0.18, "T04": 0.15, "T08": 0.02}, "contact", (300, 3600), (30, 300), 0.1, 0.8),
    Sense(
        "hotline_96110", {"T01": 0.10, "T04": 0.12, "T08": 0.12}, "last", (600, 14400), (60, 400), 0.6, 1.0
    ),
)
_FALSE_SENSES: Final = Weighted(SENSES, (26, 20, 26, 16, 8, 4))


def frauds_for(scenario: Scenario, draws: Draws) -> int:
    """How many frauds a day needs so that with false alarms about `warnings_per_day` warnings come."""
    priors = [catalog.fraud_types()[code].prior_cases for code in PLAYED_TYPES]
    expected = sum(
        prior * sum(sense.ratios[code] for sense in SENSES)
        for code, prior in zip(PLAYED_TYPES, priors, strict=True)
    ) / sum(priors)
    return max(
        1, round(scenario.warnings_per_day * (1 - FALSE_RATIO) / expected * draws.whole(90, 110) / 100)
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """One source notices one person at an instant, with or without a fraud behind it."""

    sense: Sense
    number: int
    resident: Resident
    fraud: Fraud | None
    noticed_s: int
    sent_s: int
    payment: Payment | None
    answers_on_call: int


def notices_of(scenario: Scenario, fraud: Fraud) -> list[Notice]:
    """Who notices this fraud; each source draws from its own stream."""
    answers_on_call = stream(scenario.seed, "answers", fraud.number).weighted(_ANSWERS)
    found: list[Notice] = []
    for sense in SENSES:
        draws = stream(scenario.seed, "notice", fraud.number, sense.source)
        if not draws.chance(sense.ratios[fraud.fraud_type]):
            continue
        payment, trigger_s = None, fraud.contact_s
        if sense.reacts_to != "contact":
            if not fraud.payments:
                continue
            payment = fraud.payments[-1] if sense.reacts_to == "last" else draws.pick(fraud.payments)
            trigger_s = payment.paid_s
        noticed_s = trigger_s + draws.whole(*sense.notice_s)
        sent_s = noticed_s + draws.whole(*sense.send_s)
        found.append(
            Notice(sense, fraud.number, fraud.victim, fraud, noticed_s, sent_s, payment, answers_on_call)
        )
    return found


def false_notices(scenario: Scenario, residents: list[Resident], day: int) -> list[Notice]:
    """False alarms of one day, about residents whom nobody leads on in these alarms."""
    draws = stream(scenario.seed, "false alarms", day, ahead=512)
    count = max(1, round(scenario.warnings_per_day * FALSE_RATIO * draws.whole(85, 115) / 100))
    found: list[Notice] = []
    for number in range(1, count + 1):
        sense, resident = draws.weighted(_FALSE_SENSES), draws.pick(residents)
        noticed_s = daytime_s(draws, day)
        sent_s = noticed_s + draws.whole(*sense.send_s)
        key = (day + 1) * 1_000_000 + number
        found.append(Notice(sense, key, resident, None, noticed_s, sent_s, None, draws.weighted(_ANSWERS)))
    return found


class Correspondent:
    """Writes notices down as warnings with their truth."""

    def __init__(self, scenario: Scenario, residents: list[Resident]) -> None:
        self._scenario, self._residents = scenario, residents
        self._sent: dict[str, int] = {}

    def write(self, notice: Notice) -> tuple[Warning, WarningTruth]:
        """The warning of a notice; call in order of `sent_s`, as external ids count up per source."""
        source = notice.sense.source
        self._sent[source] = self._sent.get(source, 0) + 1
        external_id = f"{_PREFIXES[source]}{self._sent[source]:08d}"
        draws = stream(self._scenario.seed, "message", notice.number, source)
        row = {"external_id": external_id, "occurred_at": self._scenario.local_iso(notice.noticed_s)}
        row |= self._account_of_it(draws, notice) | _person(draws, notice)
        warning = Warning(
            source=source,
            external_id=external_id,
            occurred_at=self._scenario.instant(notice.noticed_s),
            sent_at=self._scenario.instant(notice.sent_s),
            resident_id=notice.resident.id,
            row={name: row[name] for name in ROW_FIELDS},
        )
        return warning, _truth(self._scenario, warning, notice)

    def _account_of_it(self, draws: Draws, notice: Notice) -> dict[str, str]:
        kind = notice.fraud.fraud_type if notice.fraud else BENIGN
        wording = load_wording()
        seen = [p for p in notice.fraud.payments if p.paid_s <= notice.noticed_s] if notice.fraud else []
        payee, bank_code, amount_minor = self._money(draws, notice, seen)
        spoken_minor = amount_minor or draws.whole(5, 300) * 10_000
        facts = {
            "who": who(draws, notice.resident),
            "amount": spoken_amount(draws, spoken_minor),
            "account": payee or f"尾号{draws.whole(1000, 9999)}的账户",
        }
        told = wording.tell(draws, kind, facts)
        return {
            "fraud_type_hint": wording.hint(draws, kind),
            "text": told if draws.chance(notice.sense.writes) else "",
            "level_hint": _level(draws, notice, amount_minor),
            "amount": format_amount(amount_minor).replace(",", "") if amount_minor else "",
            "paid": _paid(notice, seen),
            "payment_count": str(len(seen)) if notice.payment else "",
            "suspect_account": payee,
            "suspect_bank": catalog.banks()[bank_code].name.zh if bank_code else "",
        }

    def _money(self, draws: Draws, notice: Notice, seen: list[Payment]) -> tuple[str, str, int]:
        """Payee, its bank and the amount as the source knows them; empty and 0 when it does not."""
        if notice.payment is not None:
            told_minor = notice.payment.amount_minor
            if notice.sense.reacts_to == "last":
                told_minor = sum(payment.amount_minor for payment in seen)
            return notice.payment.payee, self._bank_of(notice.payment.payee), told_minor
        if notice.fraud is None and notice.sense.reacts_to == "payment":
            other = draws.pick(self._residents)
            return other.account, other.bank_code, draws.whole(20, 2_000) * 10_000
        return "", "", 0

    def _bank_of(self, account: str) -> str:
        return tuple(catalog.banks())[int(account[4:7])]


def _person(draws: Draws, notice: Notice) -> dict[str, str]:
    resident = notice.resident
    place = draws.pick(
        (resident.jurisdiction_code, resident.jurisdiction_code[:6], resident.jurisdiction_code[:6])
    )
    knows_person = draws.chance(notice.sense.knows_id)
    return {
        "person_name": resident.name if knows_person or draws.chance(0.8) else "",
        "person_phone": resident.phone,
        "person_id_number": resident.id_number if knows_person else "",
        "jurisdiction_code": "" if notice.sense.source == "telecom" and draws.chance(0.5) else place,
        "person_age": str(resident.age) if knows_person else "",
        "person_sex": resident.sex if knows_person else "",
    }


def _level(draws: Draws, notice: Notice, amount_minor: int) -> str:
    if notice.fraud is None:
        return draws.pick(("mid", "low", "low", ""))
    if amount_minor >= 2_000_000 or (notice.fraud.fraud_type == "T08" and draws.chance(0.6)):
        return "high"
    return draws.pick(("high", "mid", "mid", "low", ""))


def _paid(notice: Notice, seen: list[Payment]) -> str:
    if notice.payment is not None:
        return "true"
    return "" if seen else "false"


def _truth(scenario: Scenario, warning: Warning, notice: Notice) -> WarningTruth:
    payments = notice.fraud.payments if notice.fraud else []
    later = [payment for payment in payments if payment.paid_s > notice.sent_s]
    return WarningTruth(
        source=warning.source,
        external_id=warning.external_id,
        sent_at=warning.sent_at,
        resident_id=warning.resident_id,
        is_true=notice.fraud is not None,
        fraud_id=notice.fraud.id if notice.fraud else "",
        fraud_type=notice.fraud.fraud_type if notice.fraud else "",
        answers_on_call=notice.answers_on_call,
        paid_before_minor=sum(p.amount_minor for p in payments if p.paid_s <= notice.sent_s),
        would_pay_at=scenario.instant(later[0].paid_s) if later else None,
        would_pay_minor=later[0].amount_minor if later else 0,
        savable_minor=sum(payment.amount_minor for payment in later),
    )
