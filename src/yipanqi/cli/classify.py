"""`yipanqi classify`: fraud type, score with reasons, and identifiers of every text in a file.

The file is read twice: first to refuse a bad row before anything is printed, then to classify.
"""

import argparse
import json
from dataclasses import asdict

from yipanqi.cli.progress import Progress
from yipanqi.cli.texts import read_texts
from yipanqi.engine.narrative import Identifier, Verdict, classify, identifiers, rules_version


def classify_file(options: argparse.Namespace) -> int:
    """Classify all texts of `options.file`; print a JSON document or a table; return 0."""
    total = sum(1 for _ in read_texts(options.file, options.column))
    progress = Progress("texts")
    print(_head(options.json))
    for done, (row, text) in enumerate(read_texts(options.file, options.column), start=1):
        verdict, found = classify(text), identifiers(text)
        if options.json:
            print(json.dumps(_item(row, verdict, found), ensure_ascii=False) + ("," if done < total else ""))
        else:
            print(_line(row, verdict, found))
        progress(done, total)
    if options.json:
        print("]}")
    return 0


def _head(as_json: bool) -> str:
    if as_json:
        return f'{{"rules_version": {json.dumps(rules_version())}, "rows": ['
    return "row\ttype\tscore\treasons\tidentifiers"


def _item(row: int, verdict: Verdict, found: tuple[Identifier, ...]) -> dict[str, object]:
    return {
        "row": row,
        "fraud_type": verdict.fraud_type,
        "score": verdict.score,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "identifiers": [asdict(identifier) for identifier in found],
    }


def _line(row: int, verdict: Verdict, found: tuple[Identifier, ...]) -> str:
    reasons = "; ".join(
        f"{reason.rule_id} {reason.phrase} ({reason.weight:+.2f})" for reason in verdict.reasons
    )
    kinds = "; ".join(f"{identifier.kind} {identifier.value}" for identifier in found)
    return f"{row}\t{verdict.fraud_type}\t{verdict.score:.2f}\t{reasons}\t{kinds}"
