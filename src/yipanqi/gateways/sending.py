"""Carrying orders to banks over HTTP: the signature, one connection pool per process.

For: posting an order's message. Leaves alone: what it says (`wording`), which orders are due, and what follows from
the result (ops.measures). A bank that does not acknowledge within ten seconds counts as not reached.
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

from yipanqi.gateways import risk_platform, signing
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.wording import message_of
from yipanqi.kernel.clock import RealClock
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.ordering import Sent

if TYPE_CHECKING:
    from yipanqi.ops.measures.models import Order
    from yipanqi.ops.partners.models import Partner

AT_ONCE = 16
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
log = structlog.get_logger(__name__)


class PartnerUnreachable(YipanqiError):
    """A partner did not answer as agreed. `facts["error"]` is a short code: timeout, unreachable, http_503 ..."""

    code = "partner_unreachable"


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
