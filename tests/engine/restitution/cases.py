"""Small case documents for the tests of splits."""

import json
from pathlib import Path
from typing import Any

from yipanqi.engine.restitution import Case, Policy, Split, parse_case, split

WORKED = json.loads(Path(__file__).with_name("worked_cases.json").read_text("utf-8"))["cases"]


def worked(name: str) -> dict[str, Any]:
    """A worked case as a document of its own."""
    found = next(case for case in WORKED if case["id"] == name)
    return dict(json.loads(json.dumps(found)))


def row(number: int, payer: str, payee: str, amount: str, **more: object) -> dict[str, object]:
    """A transfer; numbers are minutes after nine."""
    at = f"2025-03-01T09:{number:02d}:00+08:00"
    return {"id": f"t{number}", "booked_at": at, "payer": payer, "payee": payee, "amount": amount, **more}


def case_of(*rows: dict[str, object], frozen: dict[str, str], claims: dict[str, str], **more: object) -> Case:
    """A case with a principal by account and a loss by claim."""
    document = {
        "id": "case",
        "transfers": list(rows),
        "frozen": {account: {"principal": minor} for account, minor in frozen.items()},
        "claims": {claim: {"loss": minor} for claim, minor in claims.items()},
        **more,
    }
    return parse_case(json.dumps(document)).case


def paid(found: Split) -> dict[str, dict[str, int]]:
    """What is paid by account and claim, without zeros."""
    return {
        each.account: {claim: minor for claim, minor in each.paid.items() if minor} for each in found.accounts
    }


def pays(case: Case, **choices: str) -> dict[str, dict[str, int]]:
    """What is paid under a policy."""
    return paid(split(case, Policy(**choices)))
