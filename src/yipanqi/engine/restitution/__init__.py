"""Whose money is it: claims and a ledger in, what each frozen account pays each victim out, exact to the minor unit.

The rules are those of `docs/restitution.md`. Leaves following the money to `tracing`, and deciding to people: a split
is what officers look at before they decide.
"""

from yipanqi.engine.restitution.case import Case, CaseError, Claim, Frozen
from yipanqi.engine.restitution.comparing import Compared, Comparison, compare
from yipanqi.engine.restitution.explaining import Line, explain
from yipanqi.engine.restitution.facts import Facts
from yipanqi.engine.restitution.policy import Policy, policy_from_pack, policy_of
from yipanqi.engine.restitution.reading import CaseFile, parse_case, read_case
from yipanqi.engine.restitution.result import AccountSplit, Split, split_json
from yipanqi.engine.restitution.splitting import second_round, split
from yipanqi.engine.restitution.wording import exact_text, rule_name, sentence

__all__ = [
    "AccountSplit",
    "Case",
    "CaseError",
    "CaseFile",
    "Claim",
    "Compared",
    "Comparison",
    "Facts",
    "Frozen",
    "Line",
    "Policy",
    "Split",
    "compare",
    "exact_text",
    "explain",
    "parse_case",
    "policy_from_pack",
    "policy_of",
    "read_case",
    "rule_name",
    "second_round",
    "sentence",
    "split",
    "split_json",
]
