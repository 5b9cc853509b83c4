"""Carrying orders to banks over HTTP: what the canonical message says, the signature, one connection pool per process.

For: writing an order as its message and posting it. Leaves alone: which orders are due, and what follows from the
result (ops.measures). A bank that does not acknowledge within ten seconds counts as not reached.
"""

import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import structlog
from django.conf import settings

from yipanqi import catalog
from yipanqi.gateways import risk_platform, signing
from yipanqi.gateways.messages import Account, Official, OrderKind, OrderMessage, Organisation, Payer, Target
from yipanqi.gateways.reading import MessageRefused
from yipanqi.kernel.clock import RealClock
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.jurisdictions.queries import place_name
from yipanqi.ops.measures.ordering import Sent
from yipanqi.ops.measures.queries import stop_order_id

if TYPE_CHECKING:
    from yipanqi.ops.measures.models import Order, PaymentStop
    from yipanqi.ops.partners.models import Partner
    from yipanqi.ops.staff.models import Officer

AT_ONCE = 16
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
log = structlog.get_logger(__name__)
OTHER_PAPER = "99"  # an officer is named by the house's own id, not by an identity paper


class PartnerUnreachable(YipanqiError):
    """A partner did not answer as agreed. `facts["error"]` is a short code: timeout, unreachable, http_503 ..."""

    code = "partner_unreachable"


def message_of(order: "Order") -> OrderMessage:
    """The canonical message of an order that was claimed with its stop, account, case and officers."""
    stop = order.stop
    kind = OrderKind(order.kind)
    asked = kind is OrderKind.STOP and stop.asked_minor is not None
    return OrderMessage(
        order_id=str(order.id),
        kind=kind,
        institution=order.partner.code,
        target=Target.ACCOUNT,
        case_number=stop.case.number if stop.case else f"W-{stop.alert.id.hex}",
        case_type=stop.fraud_type,
        urgent=True,
        account=_account(stop, order.partner),
        payer=_payer(stop) if asked else None,
        amount_minor=stop.asked_minor if asked else None,
        transfer_at=stop.transfer_at if asked else None,
        reason=catalog.stop_grounds()[stop.ground].name.zh,
        original_order_id=None if kind is OrderKind.STOP else str(stop_order_id(stop)),
        starts_at=order.created_at,
        expires_at=order.valid_until_at,
        applied_at=order.created_at,
        organisation=Organisation(stop.place_code, place_name(stop.place_code, "zh")),
        operator=_official(stop.proposed_by),
        investigator=_official(stop.signed_by) if stop.signed_by else None,
    )


def send_all(orders: Sequence["Order"]) -> list[Sent]:
    """Send orders side by side; one result each, in order. Nothing raises: what went wrong is the result's error."""
    written = [(order, _written(order)) for order in orders]  # here: the threads below touch no database
    if len(written) == 1:
        return [_send(*written[0])]
    with ThreadPoolExecutor(min(AT_ONCE, max(1, len(written)))) as pool:
        return list(pool.map(lambda each: _send(*each), written))


def ask(partner: "Partner", method: str, path: str, body: bytes = b"") -> httpx.Response:
    """One signed request to a partner's door; `path` follows its endpoint. Raises PartnerUnreachable."""
    address = urlsplit(partner.endpoint.rstrip("/") + path)
    line = address.path + (f"?{address.query}" if address.query else "")
    seed = bytes.fromhex(settings.KEY_RING.derive("partner-signing"))
    now = RealClock().now()
    headers = signing.sign(signer=signing.CENTRE, seed=seed, method=method, path=line, body=body, now=now) | {
        "Content-Type": "application/json"
    }
    try:
        answer = _client().request(method, address.geturl(), content=body, headers=headers)
    except httpx.TimeoutException as error:
        raise PartnerUnreachable("no answer in time", error="timeout") from error
    except (httpx.HTTPError, ssl.SSLError) as error:
        raise PartnerUnreachable("not reached", error="unreachable") from error
    if answer.status_code not in {200, 202}:
        raise PartnerUnreachable("refused", error=f"http_{answer.status_code}")
    return answer


def _written(order: "Order") -> bytes | None:
    """The message of an order; None when it cannot be written, which is the house's own fault and told to the log."""
    try:
        return risk_platform.write_order(message_of(order))
    except MessageRefused as error:
        log.error("orders.not_written", order=str(order.id), field=error.facts.get("field"))
        return None


def _send(order: "Order", body: bytes | None) -> Sent:
    if body is None:
        return Sent(order.id, "not_written")
    try:
        ask(order.partner, "POST", "/orders", body)
    except PartnerUnreachable as error:
        return Sent(order.id, str(error.facts["error"]))
    return Sent(order.id)


@cache
def _client() -> httpx.Client:
    limits = httpx.Limits(max_connections=128, max_keepalive_connections=64)
    return httpx.Client(timeout=TIMEOUT, limits=limits, trust_env=False)


def _account(stop: "PaymentStop", partner: "Partner") -> Account:
    bank = catalog.banks()[partner.bank]
    return Account(stop.account.number.reveal(), stop.holder_name.reveal(), bank.code, bank.name.zh)


def _payer(stop: "PaymentStop") -> Payer | None:
    payment = stop.payment
    if payment is None or payment.payer is None:
        return None
    bank = catalog.banks().get(payment.payer_bank)
    return Payer(payment.payer.number.reveal(), "", payment.payer_bank, bank.name.zh if bank else "")


def _official(officer: "Officer") -> Official:
    return Official(OTHER_PAPER, officer.username, officer.name)
