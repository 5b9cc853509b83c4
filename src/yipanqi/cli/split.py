"""`yipanqi split`: what each frozen account pays each victim, as JSON by the contract or as a table with reasons.

Leaves reading the case, sharing and explaining to the engine, and deciding to people.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from yipanqi import catalog
from yipanqi.engine.restitution import (
    CaseError,
    CaseFile,
    Comparison,
    Facts,
    Split,
    compare,
    explain,
    policy_from_pack,
    read_case,
    rule_name,
    second_round,
    sentence,
    split,
    split_json,
)
from yipanqi.engine.tracing.result import decimal_text


def split_case(options: argparse.Namespace) -> int:
    """Split the case of `options.file` by its runs, or by all methods; print the answer; return 0."""
    pack = catalog.policy(options.policy) if options.policy else None
    if pack:
        file = read_case(options.file, default=policy_from_pack(pack), zone=pack.time_zone)
    else:
        file = read_case(options.file)
    try:
        print(_answer(file, pack, options))
    except CaseError as error:
        raise error.within(f"{options.file}: ") from error
    return 0


def _answer(file: CaseFile, pack: catalog.PolicyPack | None, options: argparse.Namespace) -> str:
    """What is printed. Raises CaseError when the case does not fit together."""
    lang = options.lang
    if options.compare:
        found = compare(file.case)
        compared = {name: split_json(run) for name, run in found.splits.items()}
        return _written(file, compared=compared) if options.json else _side_by_side(found, lang)
    runs, second = _runs(file)
    if options.json:
        again = {"second_round": split_json(second)} if second else {}
        return _written(file, runs=[split_json(run) for run in runs], **again)
    words = catalog.split_words()
    lines = list(_pack_lines(pack, lang)) if pack else []
    for number, run in enumerate(runs, start=1):
        lines += _table(run, words["column.run"], lang, number)
    if second:
        lines += _table(second, words["column.second"], lang, 0)
    return "\n".join(lines)


def _runs(file: CaseFile) -> tuple[list[Split], Split | None]:
    facts = Facts(file.case) if file.case.shares is None else None
    runs = [split(file.case, policy, facts) for policy in file.runs]
    if file.second is None:
        return runs, None
    first = split(file.case, file.second.after, facts)
    return runs, split(second_round(first, file.second.claims, file.second.frozen), file.second.after)


def _written(file: CaseFile, **parts: Any) -> str:
    return json.dumps({"id": file.case.id, **parts}, ensure_ascii=False)


def _pack_lines(pack: catalog.PolicyPack, lang: str) -> Iterator[str]:
    """Which pack spoke, and which of its values for a return nobody has verified."""
    words = catalog.split_words()
    yield words["policy.pack"].fill(pack=pack.id, version=pack.version).get(lang)
    open_ = [each for key, each in pack.values.items() if key.startswith("return.") and not each.verified]
    if open_:
        yield (
            words["policy.unverified"].fill(names=", ".join(each.name.get(lang) for each in open_)).get(lang)
        )


def _table(run: Split, head: catalog.Sentence, lang: str, number: int) -> Iterator[str]:
    """The run's allocations, each account with its reasons, then what is not recovered."""
    words, currency = catalog.split_words(), run.case.currency
    yield "\n" + head.fill(number=number, basis=rule_name(run.basis, lang)).get(lang)
    yield "\t".join(f"{key}={value}" for key, value in run.policy.chosen().items())
    for each in run.accounts:
        yield f"\n{each.account}\t{rule_name(each.basis.rule, lang)}"
        for claim, minor in each.paid.items():
            yield f"  {claim}\t{decimal_text(minor, currency)}"
        yield f"  {words['column.held'].name.get(lang)}\t{decimal_text(each.held_minor, currency)}"
        for line in explain(run, each.account):
            yield f"    {line.claim + ': ' if line.claim else ''}{sentence(line, lang, currency)}"
    yield f"\n{words['column.unrecovered'].name.get(lang)}"
    for claim, minor in sorted(run.unrecovered.items()):
        yield f"  {claim}\t{decimal_text(minor, currency)}"


def _side_by_side(found: Comparison, lang: str) -> str:
    words = catalog.split_words()
    account, claim, held, lost = (
        words[f"column.{name}"].name.get(lang) for name in ("account", "claim", "held", "unrecovered")
    )
    currency = next(iter(found.splits.values())).case.currency
    lines = ["\t".join((account, claim, *(rule_name(name, lang) for name in found.splits)))]
    lines.append("\t".join(("", "", *(rule_name(each.basis, lang) for each in found.splits.values()))))
    for row in found.rows:
        amounts = (decimal_text(minor, currency) or "" for minor in row.minor)
        lines.append("\t".join((row.account, row.claim or held, *amounts)))
    for name, minors in found.unrecovered.items():
        lines.append("\t".join((lost, name, *(decimal_text(minor, currency) or "" for minor in minors))))
    return "\n".join(lines)
