"""Stop orders to twenty simulated banks: how many a minute, and how long from report to order and to answer.

The orders are proposed at an even pace through the services, as the desks do; one worker sends them over HTTP,
the banks answer over HTTP, and the web takes the answers in. Everything shares the machine's cores.
"""

import itertools
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.centre import BANKS, Bench
from benchmarks.measures import Result, percentile
from yipanqi.kernel.days import ZONE

if TYPE_CHECKING:
    from yipanqi.ops.cases.models import Case
    from yipanqi.ops.staff.models import Officer

AMOUNT = "50000.00"
HOLDER = "测量乙"
PATIENCE_SECONDS = 180


def orders(bench: Bench, *, count: int = 3000, seconds: float = 60.0, threads: int = 4) -> list[Result]:
    """`count` stops proposed within `seconds`, each at one of twenty banks, until every one has its answer."""
    from django.db import connection

    from yipanqi.ops.measures.models import PaymentStop
    from yipanqi.ops.staff.models import Officer

    cases = _cases(bench, count)
    officer = Officer.objects.get(username="bench-duty")
    connection.close()
    source, lock = iter(enumerate(cases)), threading.Lock()
    started = time.perf_counter()

    def propose() -> None:
        while True:
            with lock:
                number, (case, bank) = next(source, (None, (None, "")))
            if number is None:
                break
            time.sleep(max(0.0, started + number * seconds / count - time.perf_counter()))
            _propose(case, bank, officer)
        connection.close()

    workers = [threading.Thread(target=propose) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    proposed = time.perf_counter() - started
    stops = PaymentStop.objects.for_system("the benchmark looks")
    while stops.exclude(status="stopped").exists():
        assert time.perf_counter() - started < PATIENCE_SECONDS, "not every order was answered"
        time.sleep(0.1)
    whole = time.perf_counter() - started
    rows = list(stops.values_list("proposed_at", "sent_at", "confirmed_at"))
    sent = [(sent_at - at).total_seconds() for at, sent_at, _ in rows if sent_at]
    answered = [(confirmed_at - at).total_seconds() for at, _, confirmed_at in rows]
    assert len(rows) == count
    held = sum(len(bench.street.books(bank)["stops"]) for bank in BANKS)
    assert held == count, f"{held} stops at the banks for {count} orders"
    return [
        ("stop orders proposed", count / proposed * 60, "/min"),
        ("stop orders proposed, sent and answered", count / whole * 60, "/min"),
        ("stop proposed to order sent p95", percentile(sent, 0.95) * 1000, "ms"),
        ("stop proposed to bank's answer taken p95", percentile(answered, 0.95) * 1000, "ms"),
    ]


def report_to_order(bench: Bench, *, times: int = 100, pause: float = 0.3) -> list[Result]:
    """From a report's arrival over the API to the bank's receipt of the order, through the desk's own page."""
    from yipanqi.ops.cases.models import Case
    from yipanqi.ops.measures.models import PaymentStop

    spans = []
    with bench.partner() as partner, bench.officer("bench-duty") as desk:
        for number in range(times):
            bank, account = BANKS[number % len(BANKS)], f"62229988{number:011d}"
            at = (bench.now() - timedelta(minutes=1)).replace(microsecond=0)
            bench.street.pay_in(bank, account, HOLDER, AMOUNT, at)
            began = bench.now()
            case_id = partner.post(
                "/api/v1/reports", json=_report(f"r2o-{number}", account, bank, at)
            ).json()["case_id"]
            answer = desk.post(f"/cases/{case_id}/register", data=_form(account, bank, at))
            assert answer.status_code == 303, answer.text[:300]
            stops = PaymentStop.objects.for_system("the benchmark looks")
            limit = time.perf_counter() + 30
            while not (stop := stops.filter(case_id=case_id, sent_at__isnull=False).first()):
                assert time.perf_counter() < limit, "the order was not sent"
                time.sleep(0.005)
            spans.append((stop.sent_at - began).total_seconds() * 1000)
            time.sleep(pause)
    assert Case.objects.for_system("t").count() >= times
    return [
        ("report to order sent p50", percentile(spans, 0.5), "ms"),
        ("report to order sent p95", percentile(spans, 0.95), "ms"),
    ]


def _cases(bench: Bench, count: int) -> "list[tuple[Case, str]]":
    """Reported cases, one per order, and the money of each at its bank."""
    from yipanqi.ops.cases.enums import CaseSource
    from yipanqi.ops.cases.reading import read_report
    from yipanqi.ops.cases.services import report_case
    from yipanqi.ops.journal.services import SYSTEM

    at = (bench.now() - timedelta(minutes=1)).replace(microsecond=0)
    made, opened = [], {bank: [] for bank in BANKS}
    for number, bank in zip(range(count), itertools.cycle(BANKS), strict=False):
        account = f"62229977{number:011d}"
        report = _report(f"bench-{number}", account, bank, at)
        del report["external_id"]
        facts = read_report(report, scope_code="350000", now=bench.now())
        made.append(
            (report_case(facts=facts, source=CaseSource.REPORT, acting=SYSTEM, now=bench.now())[0], bank)
        )
        transfer = {"amount": AMOUNT, "at": at.isoformat()}
        opened[bank].append({"number": account, "name": HOLDER, "balance": AMOUNT, "transfers": [transfer]})
    for bank, accounts in opened.items():
        bench.street.control(bank, open=accounts)
    return made


def _report(external_id: str, account: str, bank: str, at: datetime) -> dict[str, Any]:
    number = int(account[-9:]) % 10**8
    payment = {
        "payee_account": account,
        "payee_name": HOLDER,
        "payee_bank": bank,
        "amount": AMOUNT,
        "paid_at": at.isoformat(),
    }
    return {
        "external_id": external_id,
        "occurred_at": at.isoformat(),
        "person_name": "测量甲",
        "person_phone": f"142{number:08d}",
        "jurisdiction_code": "350104",
        "fraud_type": "T01",
        "payments": [payment],
    }


def _form(account: str, bank: str, at: datetime) -> dict[str, str]:
    """What the desk's page sends to stop the payee of a reported payment."""
    return {
        "payee_account": account,
        "payee_name": HOLDER,
        "payee_bank": bank,
        "amount": AMOUNT,
        "paid_at": at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S"),
        "stop_payee": "on",
    }


def _propose(case: "Case", bank: str, officer: "Officer") -> None:
    from yipanqi.ops.journal.queries import now
    from yipanqi.ops.measures.proposing import StopProposal, propose_stop

    payment = case.payments.select_related("payee").get()
    proposal = StopProposal(
        target="suspect",
        ground="victim_report",
        account=payment.payee.number.reveal(),
        bank=bank,
        holder_name=HOLDER,
        asked_minor=payment.amount_minor,
        transfer_at=payment.paid_at,
        case_id=case.id,
        payment_id=payment.id,
    )
    propose_stop(proposal=proposal, acting_officer=officer, now=now())
