"""Warnings: rows of the partner intake contract, in many words, with truth that agrees with the money."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from yipanqi import catalog
from yipanqi.engine.province import Province
from yipanqi.engine.province.warnings import ROW_FIELDS
from yipanqi.engine.province.wording import load_wording
from yipanqi.kernel.places import tier_of


def test_each_row_holds_to_the_intake_contract(province: Province) -> None:
    seen = set()
    for warning in province.warnings:
        row = warning.row
        assert tuple(row) == ROW_FIELDS
        assert all(isinstance(value, str) for value in row.values())
        assert warning.source in catalog.sources()
        seen.add((warning.source, row["external_id"]))
        occurred_at = datetime.fromisoformat(row["occurred_at"])
        assert occurred_at == warning.occurred_at
        assert occurred_at.utcoffset() == timedelta(hours=8)
        assert warning.occurred_at < warning.sent_at
        assert len(row["person_phone"]) == 11
        assert row["level_hint"] in {"", *catalog.levels()}
        assert row["paid"] in {"", "true", "false"}
        assert not row["amount"] or Decimal(row["amount"]) > 0
        assert not row["jurisdiction_code"] or tier_of(row["jurisdiction_code"])
        assert row["person_sex"] in {"", "M", "F"}
        assert bool(row["suspect_account"]) == bool(row["suspect_bank"])
        assert "{" not in row["text"]
    assert len(seen) == len(province.warnings)


def test_truth_agrees_with_the_payments(province: Province) -> None:
    frauds = {fraud.id: fraud for fraud in province.truth.frauds}
    savable = 0
    for warning, truth in zip(province.warnings, province.truth.warnings, strict=True):
        assert (truth.source, truth.external_id) == (warning.source, warning.external_id)
        assert truth.answers_on_call in {0, 1, 2, 3}
        if not truth.is_true:
            assert truth.would_pay_at is None
            assert truth.savable_minor == truth.paid_before_minor == 0
            continue
        fraud = frauds[truth.fraud_id]
        assert fraud.victim.id == warning.resident_id
        paid = sum(payment.amount_minor for payment in fraud.payments)
        assert truth.paid_before_minor + truth.savable_minor == paid
        if truth.would_pay_at:
            assert truth.would_pay_at > truth.sent_at
            savable += 1
    assert savable > len(province.warnings) // 4


def test_some_people_are_warned_of_from_two_sides_and_answer_alike(province: Province) -> None:
    sources, answers = defaultdict(set), defaultdict(set)
    for truth in province.truth.warnings:
        if truth.is_true:
            sources[truth.fraud_id].add(truth.source)
            answers[truth.fraud_id].add(truth.answers_on_call)
    twice = sum(len(found) > 1 for found in sources.values())
    assert 0.2 < twice / len(sources) < 0.8
    assert all(len(found) == 1 for found in answers.values())


def test_narratives_are_many_and_varied(province: Province) -> None:
    wording = load_wording()
    assert all(len(wording.templates[code]) >= 15 for code in ("T01", "T04", "T08"))
    assert len(wording.templates["benign"]) >= 10
    texts = [warning.row["text"] for warning in province.warnings if warning.row["text"]]
    assert len(set(texts)) > 0.95 * len(texts)


def test_each_slot_of_each_template_can_be_filled() -> None:
    wording = load_wording()
    known = {"who", "amount", "account", *wording.slots}
    for parts in (template for kind in wording.templates.values() for template in kind):
        assert {slot for _, slot in parts if slot} <= known
