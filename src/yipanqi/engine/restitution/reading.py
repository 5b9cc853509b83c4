"""Reads a CASE.json by the contract of the architecture: the case, the runs asked for, and a second round.

Every refusal is one line that names file, claim or account, field and reason. What the contract does not name is left
unread at the top and in runs, and refused in claims, frozen accounts and policies, where a slip of the pen would change
amounts. Leaves transfers to `transfers`.
"""

import gc
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yipanqi.engine.ledger.columns import MAX_TOTAL_MINOR
from yipanqi.engine.ledger.currencies import exponent_of
from yipanqi.engine.restitution.case import Case, CaseError, Claim, Frozen
from yipanqi.engine.restitution.policy import Policy, policy_of
from yipanqi.engine.restitution.transfers import read_transfers
from yipanqi.kernel.money import AmountError, parse_amount_minor

CHINA: Final = "Asia/Shanghai"
_ABOUT: Final = "about"  # a remark; may stand anywhere


@dataclass(frozen=True)
class SecondRound:
    """Claims found later: the policy of the first round before it, and what is frozen now (None: what that left)."""

    after: Policy
    claims: Mapping[str, Claim]
    frozen: Mapping[str, Frozen] | None


@dataclass(frozen=True)
class CaseFile:
    """A case, the policies of its runs in the file's order, and a second round if there is one."""

    case: Case
    runs: tuple[Policy, ...]
    second: SecondRound | None


def read_case(path: Path, *, default: Policy | None = None, zone: str = CHINA) -> CaseFile:
    """Read a file; keys that its policies lack are those of `default`. Raises CaseError."""
    try:
        return parse_case(path.read_bytes(), default=default, zone=zone)
    except OSError as error:
        raise CaseError(f"{path}: cannot be read: {error.strerror or error}") from error
    except CaseError as error:
        raise error.within(f"{path}: ") from error


def parse_case(text: bytes | str, *, default: Policy | None = None, zone: str = CHINA) -> CaseFile:
    """As `read_case`, of the text itself.

    The collector rests meanwhile: it would look at a million young objects again and again.
    """
    resting = gc.isenabled()
    gc.disable()
    try:
        return _parsed(text, default or Policy(), zone)
    except json.JSONDecodeError as error:
        raise CaseError(f"line {error.lineno}, column {error.colno}: is not JSON: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise CaseError(f"is not JSON in UTF-8: {error}") from error
    finally:
        if resting:
            gc.enable()


def _parsed(text: bytes | str, default: Policy, zone: str) -> CaseFile:
    top = _object(json.loads(text, object_pairs_hook=_once), "the file")
    if not isinstance(top.get("id"), str) or not top["id"]:
        raise CaseError("field id: is missing, or no text", field="id")
    case = _case(top, zone)
    runs = _list(top.get("runs", [{}]), "field runs")
    policies = tuple(
        _policy(_object(run, f"run {at}"), f"run {at}", default) for at, run in enumerate(runs, 1)
    )
    second = top.get("second_round")
    return CaseFile(case, policies, None if second is None else _second(second, case.currency, default))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CaseError(f"{twice!r}: is given twice in one object", field=twice)
    return found


def _case(top: dict[str, Any], zone: str) -> Case:
    ledger = None
    if top.get("transfers") is not None:
        ledger = read_transfers(_list(top["transfers"], "field transfers"), zone)
    elif top.get("shares") is None:
        raise CaseError("field transfers: is missing, and no shares are given", field="transfers")
    currency = ledger.pots.currencies[0] if ledger and ledger.pots.currencies else "CNY"
    opening = _object(top.get("opening") or {}, "field opening")
    levels = _object(top.get("levels") or {}, "field levels")
    for account, level in levels.items():
        if type(level) is not int or not 1 <= level < 1 << 31:
            raise CaseError(
                f"levels, account {account}: {level!r} is no whole number above zero", account=account
            )
    own = _list(top.get("own") or [], "field own")
    if not all(isinstance(each, str) for each in own):
        raise CaseError("field own: must be a list of payers", field="own")
    return Case(
        id=top["id"],
        frozen=_frozen(top.get("frozen"), currency),
        claims=_claims(top.get("claims"), currency, "claim"),
        ledger=ledger,
        opening={each: _money(opening, each, currency, f"opening, account {each}") for each in opening},
        own=frozenset(own),
        shares=None if top.get("shares") is None else _shares(top["shares"], currency),
        levels=levels,
    )


def _policy(run: dict[str, Any], where: str, default: Policy) -> Policy:
    try:
        return policy_of(_object(run.get("policy") or {}, "policy"), default)
    except CaseError as error:
        raise error.within(f"{where}, ") from error


def _second(given: Any, currency: str, default: Policy) -> SecondRound:
    second = _object(given, "field second_round")
    after = _policy(_object(second.get("after") or {}, "second_round, field after"), "second_round", default)
    claims = _claims(second.get("claims"), currency, "second_round, claim")
    frozen = second.get("frozen")
    return SecondRound(after, claims, None if frozen is None else _frozen(frozen, currency))


def _claims(given: Any, currency: str, kind: str) -> dict[str, Claim]:
    if given is None:
        raise CaseError("field claims: is missing", field="claims")
    found = {}
    for claim, fields in _object(given, "field claims").items():
        where = f"{kind} {claim}"
        _known(_object(fields, where), ("loss", "recovered", "transfers"), where)
        transfers = fields.get("transfers")
        if transfers is not None:
            transfers = tuple(_list(transfers, f"{where}, field transfers"))
            if not all(isinstance(each, str) for each in transfers):
                raise CaseError(f"{where}, field transfers: must be a list of ids", claim=claim)
        recovered = _money(fields, "recovered", currency, where) if "recovered" in fields else 0
        found[claim] = Claim(_money(fields, "loss", currency, where), recovered, transfers)
    return found


def _frozen(given: Any, currency: str) -> dict[str, Frozen]:
    if given is None:
        raise CaseError("field frozen: is missing", field="frozen")
    found = {}
    for account, fields in _object(given, "field frozen").items():
        where = f"frozen, account {account}"
        _known(_object(fields, where), ("principal", "interest"), where)
        interest = _money(fields, "interest", currency, where) if "interest" in fields else 0
        found[account] = Frozen(_money(fields, "principal", currency, where), interest)
    return found


def _shares(given: Any, currency: str) -> dict[str, dict[str, int]]:
    found = {}
    for account, parts in _object(given, "field shares").items():
        where = f"shares, account {account}"
        found[account] = {
            claim: _money(_object(parts, where), claim, currency, where, "claim")
            for claim in _object(parts, where)
        }
    return found


def _money(fields: dict[str, Any], name: str, currency: str, where: str, kind: str = "field") -> int:
    """An amount in minor units; the message names where and which field."""
    place = where if where.endswith(f" {name}") else f"{where}, {kind} {name}"
    if fields.get(name) is None:
        raise CaseError(f"{place}: is missing", field=name)
    text = fields[name]
    if not isinstance(text, str):
        raise CaseError(f'{place}: {text!r} must be text, as in "100.00"', field=name)
    try:
        minor = parse_amount_minor(text, exponent=exponent_of(currency))
    except AmountError as error:
        raise CaseError(f"{place}: {error}", field=name) from error
    if minor > MAX_TOTAL_MINOR:
        raise CaseError(f"{place}: {text!r} is more than sums can hold", field=name)
    return minor


def _object(given: Any, where: str) -> dict[str, Any]:
    if type(given) is not dict:
        raise CaseError(f"{where}: must be an object, not {type(given).__name__}")
    return given


def _list(given: Any, where: str) -> list[Any]:
    if type(given) is not list:
        raise CaseError(f"{where}: must be a list, not {type(given).__name__}")
    return given


def _known(fields: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in fields:
        if name not in known and name != _ABOUT:
            raise CaseError(f"{where}, field {name}: unknown; known are {', '.join(known)}", field=name)
