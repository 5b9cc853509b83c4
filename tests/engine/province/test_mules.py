"""Mule chains: money rests 3 to 10 minutes, goes down the levels, and leaves by a known way."""

from collections import defaultdict

from yipanqi.engine.province import Province
from yipanqi.engine.province.mules import DWELL_MAX_S, DWELL_MIN_S


def _levels(province: Province) -> dict[str, int]:
    return {
        account: level
        for ring in province.truth.rings
        for level, accounts in enumerate(ring.levels, start=1)
        for account in accounts
    }


def test_money_rests_three_to_ten_minutes_at_every_stop(province: Province) -> None:
    transfers = {transfer.id: transfer for transfer in province.transfers}
    arrivals: dict[tuple[str, str], list[int]] = defaultdict(list)
    checked = 0
    for tainted in province.truth.tainted:
        transfer = transfers[tainted.transfer_id]
        if tainted.level > 0:
            waits = [transfer.booked_s - at_s for at_s in arrivals[tainted.fraud_id, transfer.payer]]
            assert any(DWELL_MIN_S <= wait <= DWELL_MAX_S for wait in waits)
            checked += 1
        arrivals[tainted.fraud_id, transfer.payee].append(transfer.booked_s)
    assert checked > 300


def test_money_goes_down_one_level_at_a_time_or_leaves(province: Province) -> None:
    transfers = {transfer.id: transfer for transfer in province.transfers}
    levels, kinds = _levels(province), {account.number: account.kind for account in province.accounts}
    ways = set()
    for tainted in province.truth.tainted:
        transfer = transfers[tainted.transfer_id]
        if tainted.level > 0:
            assert levels[transfer.payer] == tainted.level
        if transfer.kind == "transfer":
            assert levels[transfer.payee] == tainted.level + 1
        else:
            ways.add(transfer.kind)
            assert {"cash_out": "cash"}.get(transfer.kind, transfer.kind) == kinds[transfer.payee]
    assert ways == {"cash_out", "exchange", "clearing"}


def test_each_mule_keeps_only_a_commission_or_small_change(province: Province) -> None:
    """What an account sent on of a fraud's money never exceeds what it got of it."""
    transfers = {transfer.id: transfer for transfer in province.transfers}
    held: dict[tuple[str, str], int] = defaultdict(int)
    for tainted in province.truth.tainted:
        transfer = transfers[tainted.transfer_id]
        if tainted.level > 0:
            held[tainted.fraud_id, transfer.payer] -= tainted.amount_minor
            assert held[tainted.fraud_id, transfer.payer] >= 0
        held[tainted.fraud_id, transfer.payee] += tainted.amount_minor


def test_several_victims_pay_into_one_account(province: Province) -> None:
    victims = defaultdict(set)
    for fraud in province.truth.frauds:
        for payment in fraud.payments:
            victims[payment.payee].add(fraud.victim.id)
    assert max(len(ids) for ids in victims.values()) >= 3


def test_rebates_follow_paid_tasks_only(province: Province) -> None:
    assert any(fraud.rebate_minor for fraud in province.truth.frauds)
    for fraud in province.truth.frauds:
        if fraud.rebate_minor:
            assert fraud.fraud_type == "T01"
            assert fraud.payments
