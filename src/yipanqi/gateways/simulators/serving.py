"""Running the simulators of one configuration in this process until told to stop.

Each second every institution looks whether a freeze holds more by now. Leaves alone: what the institutions do.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Collection

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from yipanqi.gateways.simulators.answering import Answering
from yipanqi.gateways.simulators.app import Application
from yipanqi.gateways.simulators.bookfile import BookFile
from yipanqi.gateways.simulators.config import InstitutionConfig, SimulatorConfig
from yipanqi.gateways.simulators.faults import Dice
from yipanqi.gateways.simulators.institution import Institution
from yipanqi.kernel.errors import YipanqiError

MOST_CONNECTIONS = 32
POST_SECONDS = 30.0
SWEEP_SECONDS = 1.0


class PortTaken(YipanqiError):
    """Something else listens where the simulators shall."""

    code = "port_taken"


def serve(config: SimulatorConfig) -> None:
    """Serve until SIGINT or SIGTERM. Raises PortTaken."""
    with socket.socket(socket.AF_INET6 if ":" in config.address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.address, config.port))
        except OSError as error:
            raise PortTaken(f"port {config.port} on {config.address}: {error.strerror}") from error
    asyncio.run(_serve(config))


async def _serve(config: SimulatorConfig) -> None:
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    async with httpx.AsyncClient(trust_env=False, timeout=POST_SECONDS, limits=limits) as client:
        institutions = {each.code: _institution(each, config, client) for each in config.institutions}
        server = Server(
            Application(institutions, control_token=config.control_token),
            address=config.address,
            port=config.port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, server.stop)
        for institution in institutions.values():
            institution.resume()
        sweeping = asyncio.create_task(_sweep(institutions.values()))
        await server.serve()
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping


async def _sweep(institutions: Collection[Institution]) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for institution in institutions:
            institution.sweep()


def _institution(one: InstitutionConfig, config: SimulatorConfig, client: httpx.AsyncClient) -> Institution:
    dice = Dice(f"{config.dice_seed}:{one.code}")
    return Institution(
        one,
        file=BookFile(config.data / f"{one.code}.jsonl"),
        answering=Answering(signer=one.code, seed=one.seed, centre=config.centre, client=client, dice=dice),
        dice=dice,
        centre=(config.centre_signer, config.centre_public_key),
    )
