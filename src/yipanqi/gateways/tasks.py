"""The gateways' jobs: sending orders, and comparing books with a bank. Both are safe to run twice."""

import uuid
from datetime import timedelta
from urllib.parse import urlencode

from procrastinate.contrib.django import app

from yipanqi.gateways.bank_list import read_freezes, read_list
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.sending import PartnerUnreachable, ask, send_all
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated
from yipanqi.ops.measures.ordering import SEND_TASK, claim_orders, note_sent
from yipanqi.ops.measures.reconciling import RECONCILE_TASK, compare, note_failure
from yipanqi.ops.partners.queries import find_partner, list_connected

QUEUE = "partners"
LOOK_BACK = timedelta(days=1)


@app.task(name=SEND_TASK, queue=QUEUE, retry=5)
def send_orders(order_ids: list[str]) -> None:
    """Send these orders, and what else waits for their bank, and note what became of each."""
    with correlated():
        orders = claim_orders([uuid.UUID(order_id) for order_id in order_ids], now=now())
        if orders:
            note_sent(send_all(orders), now=now())


@app.task(name=RECONCILE_TASK, queue=QUEUE, retry=3)
def reconcile(partner_code: str) -> None:
    """Fetch a bank's lists of stops and freezes and compare them with ours; what cannot be had is noted."""
    partner, at = find_partner(partner_code), now()
    if partner is None or not partner.endpoint:
        return
    with correlated():
        try:
            query = urlencode({"since": (at - LOOK_BACK).isoformat()})
            listed = read_list(ask(partner, "GET", f"/stops?{query}").content)
            freezes = read_freezes(ask(partner, "GET", f"/freezes?{query}").content)
        except PartnerUnreachable as error:
            note_failure(partner=partner, error=str(error.facts["error"]), now=at)
        except MessageRefused as error:
            note_failure(partner=partner, error=f"message_refused:{error.facts['field']}", now=at)
        else:
            compare(partner=partner, listed=listed, freezes=freezes, now=at)


@app.periodic(cron="40 4 * * *")
@app.task(name="gateways.reconcile_all", queue="clock", queueing_lock="gateways.reconcile_all")
def reconcile_all(timestamp: int) -> None:
    """Every night: compare books with every connected bank."""
    for partner in list_connected():
        reconcile.defer(partner_code=partner.code)
