"""`yipanqi plan`: which accounts of a trace to stop first at an instant, with reasons, as a table or JSON.

Leaves ranking to the engine's stop plan, and proposing stops to the centre.
"""

import argparse
import json
from pathlib import Path
from typing import Final

from yipanqi.catalog import stop_reasons
from yipanqi.cli.ledgers import open_ledger
from yipanqi.cli.progress import Progress
from yipanqi.cli.trace import read_instant, read_seeds
from yipanqi.engine.tracing import trace
from yipanqi.engine.tracing.planning import (
    DEFAULT,
    PLAN_VERSION,
    DwellCurves,
    DwellError,
    LeftOut,
    Reason,
    StopRank,
    left_out,
    plan_stops,
    rests_of,
)
from yipanqi.engine.tracing.result import decimal_text, instant_text

_HEADS: Final = (
    "no",
    "batch",
    "level",
    "account",
    "bank",
    "currency",
    "held",
    "savable",
    "chance",
    "minutes",
    "why",
)


def plan_ledger(options: argparse.Namespace) -> int:
    """Trace up to `options.at` and rank the accounts by money still savable per minute; print the plan; return 0."""
    at, seeds = read_instant(options.at, "--at"), read_seeds(options.seeds)
    curves = _curves(options.curves) if options.curves else DEFAULT
    ledger = open_ledger(options.ledger)
    found = trace(ledger, seeds, method=options.method, until=at, progress=Progress("transfers"))
    stopped = frozenset(each for each in (options.stopped or "").split(",") if each)
    lots = rests_of(found).lots()
    ranks = plan_stops(found.accounts, now=at, curves=curves, stopped=stopped, lots=lots)
    out = left_out(found.accounts, stopped=stopped)
    if options.json:
        head = {
            "at": instant_text(at),
            "method": options.method,
            "version": PLAN_VERSION,
            "traces": curves.traces,
        }
        print(json.dumps({**head, **_document(ranks, out, options.lang)}, ensure_ascii=False))
    else:
        print(_table(ranks, out, options.lang))
    return 0


def _curves(path: Path) -> DwellCurves:
    try:
        return DwellCurves.from_json(json.loads(path.read_bytes()))
    except OSError as error:
        raise DwellError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise DwellError(f"{path}: is not JSON: {error}") from error
    except DwellError as error:
        raise DwellError(f"{path}: {error}") from error


def _document(ranks: list[StopRank], out: list[LeftOut], lang: str) -> dict[str, object]:
    return {
        "accounts": [
            {
                "account": rank.account,
                "currency": rank.currency,
                "bank": rank.bank,
                "level": rank.level,
                "held": decimal_text(rank.held_minor, rank.currency),
                "savable": decimal_text(rank.savable_minor, rank.currency),
                "chance": round(rank.chance, 4),
                "effort_minutes": round(rank.effort_minutes, 2),
                "score": round(rank.score, 2),
                "batch": rank.batch,
                "reasons": [
                    {"code": reason.code, "detail": dict(reason.detail), "text": _said(reason, lang)}
                    for reason in rank.reasons
                ],
            }
            for rank in ranks
        ],
        "left_out": [{"account": each.account, "currency": each.currency, "why": each.why} for each in out],
    }


def _table(ranks: list[StopRank], out: list[LeftOut], lang: str) -> str:
    lines = ["\t".join(_HEADS)]
    for number, rank in enumerate(ranks, start=1):
        place = (str(number), str(rank.batch), str(rank.level), rank.account, rank.bank, rank.currency)
        amounts = (
            decimal_text(minor, rank.currency) or "" for minor in (rank.held_minor, rank.savable_minor)
        )
        why = " · ".join(_said(reason, lang) for reason in rank.reasons)
        lines.append(
            "\t".join((*place, *amounts, f"{int(rank.chance * 100)}%", f"{rank.effort_minutes:g}", why))
        )
    for why in dict.fromkeys(each.why for each in out):
        accounts = [each.account for each in out if each.why == why]
        shown = ", ".join(accounts[:10]) + (", …" if len(accounts) > 10 else "")
        lines.append(f"left out, {stop_reasons()[f'out.{why}'].name.get(lang)}: {len(accounts)} ({shown})")
    return "\n".join(lines)


def _said(reason: Reason, lang: str) -> str:
    return stop_reasons()[reason.code].fill(**reason.detail).get(lang)
