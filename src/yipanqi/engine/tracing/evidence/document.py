"""The evidence file of a trace: the contract's JSON with all that is needed to make it again, and the check of it.

Canonical: sorted keys, two spaces, UTF-8, a newline at the end; the same trace gives the same bytes. Leaves tables
and pictures for people to `flow_table` and `picture`.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yipanqi.engine.ledger.columns import MAX_TOTAL_MINOR
from yipanqi.engine.ledger.table import Ledger
from yipanqi.engine.tracing.evidence.provenance import EvidenceError, Provenance
from yipanqi.engine.tracing.evidence.wording import currency_of
from yipanqi.engine.tracing.result import Trace, decimal_text, instant_text, trace_json
from yipanqi.engine.tracing.tracing import trace
from yipanqi.kernel.errors import YipanqiError

FORMAT: Final = "yipanqi-trace-1"
_SHOWN: Final = 50  # differences named one by one


def evidence_json(answer: Trace, provenance: Provenance) -> bytes:
    """The evidence file's bytes: `trace --json` with `stops`, `owners`, `void`, `format` and `provenance`."""
    currency = currency_of(answer)
    document = {
        **trace_json(answer),
        "format": FORMAT,
        "stops": [
            {
                "account": stop.account,
                "why": stop.why,
                "kind": stop.kind,
                "tainted_in": decimal_text(stop.tainted_in_minor, currency),
            }
            for stop in answer.stops
        ],
        "owners": [
            {
                "account": owned.account,
                "seed": owned.seed,
                "held": decimal_text(owned.held_minor, owned.currency),
            }
            for owned in answer.owners
        ],
        "void": list(answer.void),
        "provenance": _provenance_json(answer, provenance),
    }
    return _canonical(document)


def _provenance_json(answer: Trace, made: Provenance) -> dict[str, Any]:
    return {
        "ledger": {"sha256": answer.digest, "rows": answer.rows},
        "until": instant_text(answer.until) if answer.until else None,
        "opening_minor": None if made.opening is None else dict(made.opening),
        "sinks": dict(made.sinks),
        "hub_degree": made.hub_degree,
        "policy_pack": {"id": made.pack_id, "version": made.pack_version, "zone": made.zone.key},
        "program": made.program,
    }


def _canonical(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


def verify_evidence(data: bytes, ledger: Ledger) -> list[str]:
    """Follow the money again as the evidence file says and name what differs; an empty list is agreement.

    Raises EvidenceError when `data` is not an evidence file of this format.
    """
    said = _read(data)
    made = said["provenance"]
    if made["ledger"]["sha256"] != ledger.digest:
        return [f"ledger: the evidence is of {made['ledger']['sha256']}, this one is {ledger.digest}"]
    provenance = Provenance(
        pack_id=made["policy_pack"]["id"],
        pack_version=made["policy_pack"]["version"],
        zone=ZoneInfo(made["policy_pack"]["zone"]),
        opening=made["opening_minor"],
        sinks=made["sinks"],
        hub_degree=made["hub_degree"],
        program=made["program"],
    )
    asked: dict[str, Any] = {name: getattr(provenance, name) for name in ("opening", "sinks", "hub_degree")}
    until = datetime.fromisoformat(made["until"]) if made["until"] else None
    try:
        answer = trace(ledger, said["seeds"], method=said["method"], until=until, **asked)
    except YipanqiError as error:
        return [f"the trace cannot be made again: {error}"]
    return _compare(data, said, evidence_json(answer, provenance))


def _compare(data: bytes, said: dict[str, Any], again: bytes) -> list[str]:
    differences = list(_differences("", said, json.loads(again)))
    if not differences and data != again:
        return ["the content agrees, but the bytes differ: the file was written anew"]
    more = len(differences) - _SHOWN
    return differences[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])


def _differences(where: str, said: Any, found: Any) -> Iterator[str]:
    """Each place where two documents differ, as path, what the evidence says and what was found."""
    if isinstance(said, dict) and isinstance(found, dict):
        for name in sorted(said.keys() | found.keys()):
            yield from _differences(f"{where}.{name}" if where else name, said.get(name), found.get(name))
    elif isinstance(said, list) and isinstance(found, list):
        if len(said) != len(found):
            yield f"{where}: the evidence lists {len(said)}, the ledger gives {len(found)}"
        for place, (one, other) in enumerate(zip(said, found, strict=False)):
            yield from _differences(f"{where}[{place}]", one, other)
    elif said != found or type(said) is not type(found):
        yield f"{where}: the evidence says {_short(said)}, the ledger gives {_short(found)}"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:100]


def _read(data: bytes) -> dict[str, Any]:
    """The document, with everything in it that a trace is made from; else EvidenceError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"the evidence is not JSON ({error})") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise EvidenceError(f"the file is not evidence of the format {FORMAT}")
    for path, fits in _SHAPE.items():
        value: Any = said
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not fits(value):
            raise EvidenceError(f"the evidence has no sound {path}", field=path)
    return said


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value == value.encode(errors="ignore").decode()


def _is_mapping(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value)) and all(map(fits, value.values()))


def _is_instant(value: Any) -> bool:
    try:
        return value is None or datetime.fromisoformat(value).utcoffset() is not None
    except (TypeError, ValueError):
        return False


def _is_zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and ZoneInfo(value) is not None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_TOTAL_MINOR


_SHAPE: Final[dict[str, Callable[[Any], bool]]] = {
    "seeds": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "method": _is_text,
    "provenance.until": _is_instant,
    "provenance.ledger.sha256": _is_text,
    "provenance.policy_pack.id": _is_text,
    "provenance.policy_pack.version": _is_text,
    "provenance.policy_pack.zone": _is_zone,
    "provenance.program": _is_text,
    "provenance.opening_minor": lambda value: value is None or _is_mapping(value, _is_count),
    "provenance.sinks": lambda value: _is_mapping(value, _is_text),
    "provenance.hub_degree": lambda value: value is None or _is_count(value),
}
