"""The configuration of a simulator process: one JSON file, read strictly, every fault one line with the field's path.

The file holds the institutions' private keys and the control token, so it belongs to the operator alone (mode 0600).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from yipanqi.gateways.messages import Target
from yipanqi.gateways.reading import Fields, parse_object, refuse
from yipanqi.gateways.signing import CENTRE
from yipanqi.gateways.simulators.faults import Faults
from yipanqi.gateways.simulators.rules import Terms

MAX_CONFIG_BYTES = 4 * 1024 * 1024
KINDS = {"bank": Target.ACCOUNT, "telecom": Target.PHONE}
_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ADDRESS = re.compile(r"https?://\S{1,180}", re.ASCII)


@dataclass(frozen=True)
class InstitutionConfig:
    """One institution: `seed` is its Ed25519 key, `target` what it can stop, `bank_code` what orders call it by."""

    code: str
    name: str
    target: Target
    bank_code: str
    seed: bytes
    terms: Terms
    faults: Faults


@dataclass(frozen=True)
class SimulatorConfig:
    """One process: where it listens, where its books lie, whom it answers, and the institutions in it."""

    address: str
    port: int
    data: Path
    centre: str
    centre_signer: str
    centre_public_key: str
    control_token: str
    dice_seed: str
    institutions: tuple[InstitutionConfig, ...]


def read_config(path: Path) -> SimulatorConfig:
    """The configuration in a file; `data` is relative to its folder. Raises MessageRefused."""
    try:
        body = path.read_bytes()
    except OSError as error:
        refuse(str(path), error.strerror or "cannot be read")
    fields = parse_object(body, limit=MAX_CONFIG_BYTES)
    config = SimulatorConfig(
        address=fields.text("address", 64, needed=False) or "127.0.0.1",
        port=int(fields.number("port", 1, 65535, 8100)),
        data=path.parent / fields.text("data", 1000),
        centre=fields.mark("centre", _ADDRESS, "an http or https address").rstrip("/"),
        centre_signer=fields.mark("centre_signer", _CODE, "a signer's name", needed=False) or CENTRE,
        centre_public_key=fields.mark("centre_public_key", _KEY, "64 hex digits"),
        control_token=fields.text("control_token", 200),
        dice_seed=fields.text("seed", 64, needed=False) or "1",
        institutions=tuple(_institution(each) for each in fields.find_objects("institutions")),
    )
    fields.done()
    codes = [each.code for each in config.institutions]
    if not codes or len(set(codes)) != len(codes):
        refuse("institutions", "empty, or a code stands twice")
    return config


def _institution(fields: Fields) -> InstitutionConfig:
    code = fields.mark("code", _CODE, "letters, digits, - and _")
    target = KINDS[fields.choice("kind", tuple(KINDS))]
    terms = Terms(
        timedelta(hours=fields.number("stop_hours", 0.001, 24 * 366, 48)),
        timedelta(seconds=fields.number("time_tolerance_seconds", 0, 86400, 300)),
    )
    faults = fields.find_object("faults")
    found = InstitutionConfig(
        code=code,
        name=fields.text("name", 100, needed=False) or code,
        target=target,
        bank_code=fields.mark("bank", _CODE, "a bank's code", needed=False) or code,
        seed=bytes.fromhex(fields.mark("secret_key", _KEY, "64 hex digits")),
        terms=terms,
        faults=Faults().changed(faults) if faults else Faults(),
    )
    fields.done()
    return found
