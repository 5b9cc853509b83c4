"""Sending an institution's answers to the centre: after how long, how often, in which order, and again when it fails.

For: the faults of delivery (late, duplicate, out_of_order, garbage) and the waiting between tries. Leaves alone:
what the answer says; the bytes are those of the books. Waiting is by the machine's clock: an institution's own
clock may stand still.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import httpx

from yipanqi.gateways.signing import sign
from yipanqi.gateways.simulators.faults import Dice, Faults
from yipanqi.kernel.clock import RealClock

PATH = "/api/v1/answers"
WAITS_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 30, 30, 30, 30, 30)
HELD_SECONDS = 3.0  # an answer that waits for the next one goes alone after this
JSON = {"Content-Type": "application/json"}


class Answering:
    """The outgoing side of one institution; all within one event loop."""

    def __init__(
        self, *, signer: str, seed: bytes, centre: str, client: httpx.AsyncClient, dice: Dice
    ) -> None:
        self._signer, self._seed, self._dice = signer, seed, dice
        self._centre, self._client = centre, client
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._next_went = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def send(
        self, *, order_id: str, body: str, arrival: int, faults: Faults, delivered: Callable[[], None]
    ) -> None:
        """Send the answer in a while; nothing when it is on its way already. `delivered` is called when it arrived."""
        if order_id not in self._under_way:
            task = asyncio.create_task(self._deliver(order_id, body, arrival, faults, delivered))
            self._under_way[order_id] = task
            task.add_done_callback(lambda _: self._under_way.pop(order_id, None))

    async def _deliver(
        self, order_id: str, body: str, arrival: int, faults: Faults, delivered: Callable[[], None]
    ) -> None:
        key = f"{order_id}:{arrival}"
        await asyncio.sleep(self._wait_seconds(faults, key))
        if arrival == 1 and self._dice.falls(faults, "garbage", key):
            await self._post(self._garbage(body, key))
            return
        if self._dice.falls(faults, "out_of_order", key):
            await self._let_another_go_first()
        times = 1
        if self._dice.falls(faults, "duplicate", key):
            times = 2 + int(self._dice.fraction("times", key) * 2)
        for _ in range(times):
            if await self._post(body.encode()):
                delivered()
        self._next_went.set()

    def _wait_seconds(self, faults: Faults, key: str) -> float:
        if self._dice.falls(faults, "late", key):
            return faults.late_seconds
        span = faults.latency_to - faults.latency_from
        return faults.latency_from + span * self._dice.fraction("latency", key)

    async def _let_another_go_first(self) -> None:
        self._next_went.clear()
        try:
            await asyncio.wait_for(self._next_went.wait(), HELD_SECONDS)
        except TimeoutError:
            self.counts["went_alone"] += 1

    def _garbage(self, body: str, key: str) -> bytes:
        """The answer spoilt: cut, no text at all, a field missing, a field of the wrong kind."""
        found = json.loads(body)
        without = {name: value for name, value in found.items() if name != "Result"}
        spoilt = (
            body.encode()[: len(body) // 2],
            b"\xff\xfe\x00garbage",
            json.dumps(without).encode(),
            json.dumps(found | {"ApplicationID": 7, "Unheard": []}).encode(),
        )
        return spoilt[int(self._dice.fraction("spoilt", key) * len(spoilt))]

    async def _post(self, body: bytes) -> bool:
        """Post until the centre takes or refuses it, or patience ends; True when it was taken."""
        for wait in (*WAITS_SECONDS, None):
            headers = sign(
                signer=self._signer,
                seed=self._seed,
                method="POST",
                path=PATH,
                body=body,
                now=RealClock().now(),
            )
            try:
                response = await self._client.post(self._centre + PATH, content=body, headers=headers | JSON)
            except httpx.HTTPError:
                self.counts["unreached"] += 1
            else:
                if response.is_success:
                    self.counts["taken"] += 1
                    return True
                if response.status_code < 500 and response.status_code not in {408, 429}:
                    self.counts["refused"] += 1
                    return False
            if wait is not None:
                await asyncio.sleep(wait)
        self.counts["given_up"] += 1
        return False
