"""The proof of the books: laws that hold at every moment, each with the statement that looks for a breach.

Only what the books alone can prove; that they agree with stops, freezes, cases and payouts is proved by an app above,
with statements of its own and the same `look`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from yipanqi.kernel.places import tier_of
from yipanqi.ops.jurisdictions.scoping import TIER_COLUMNS


@dataclass(frozen=True)
class Proof:
    """A law of the books, and the statement that gives both sides in fen and the worst key that breaks it."""

    name: str
    law: str
    sql: str


@dataclass(frozen=True)
class Check:
    """What a proof found: `worst` names the first breach, None when the law holds."""

    name: str
    law: str
    ok: bool
    left_minor: int
    right_minor: int
    worst: str | None


PROOFS = (
    Proof(
        "entries_balance",
        "Σ(entry, book, part, case) = 0",
        """
SELECT coalesce(sum(abs(minor)), 0), 0, min(breach) FILTER (WHERE minor <> 0)
FROM (
    SELECT sum(amount_minor) AS minor, concat_ws(' ', entry_id, book, part, case_id) AS breach
    FROM moneybook_moneyleg WHERE {scope} GROUP BY entry_id, book, part, case_id
) AS entry
""",
    ),
    Proof(
        "nothing_below_zero",
        "balance(key) ≥ 0",
        """
SELECT coalesce(-sum(least(minor, 0)), 0), 0, min(breach) FILTER (WHERE minor < 0)
FROM (
    SELECT sum(amount_minor) AS minor, concat_ws(' ', book, kind, part, case_id, victim_id, account_id) AS breach
    FROM moneybook_moneyleg WHERE {scope} AND kind NOT IN ('loss', 'bank', 'accused')
    GROUP BY book, kind, part, case_id, victim_id, account_id
) AS balance
""",
    ),
    Proof(
        "books_agree",
        "C.attributed = H.attributed, C.returned = H.returned (victim, account)",
        """
SELECT coalesce(sum(claims), 0), coalesce(sum(holdings), 0), min(breach) FILTER (WHERE claims <> holdings)
FROM (
    SELECT coalesce(sum(amount_minor) FILTER (WHERE book = 'C'), 0) AS claims,
        coalesce(sum(amount_minor) FILTER (WHERE book = 'H'), 0) AS holdings,
        concat_ws(' ', kind, victim_id, account_id) AS breach
    FROM moneybook_moneyleg WHERE kind IN ('attributed', 'returned') AND part = 'P'
    GROUP BY kind, victim_id, account_id HAVING bool_or({scope})
) AS pair
""",
    ),
    Proof(
        "within_loss",
        "C.returned + C.repaid ≤ C.loss (case, victim)",
        """
SELECT coalesce(sum(settled), 0), coalesce(sum(loss), 0), min(breach) FILTER (WHERE settled > loss)
FROM (
    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind IN ('returned', 'repaid')), 0) AS settled,
        coalesce(-sum(amount_minor) FILTER (WHERE kind = 'loss'), 0) AS loss,
        concat_ws(' ', case_id, victim_id) AS breach
    FROM moneybook_moneyleg WHERE {scope} AND book = 'C' GROUP BY case_id, victim_id
) AS claim
""",
    ),
)


def statement(proof: Proof, scope_code: str) -> str:
    """The statement of a proof for one place and all below it, as it can be run by hand."""
    return proof.sql.format(scope=f"{TIER_COLUMNS[tier_of(scope_code)]} = '{scope_code}'").strip()


def look(proofs: Iterable[Proof], scope_code: str) -> list[Check]:
    """Ask every proof for one place and all below it; the caller has passed the gate."""
    checks = []
    with connection.cursor() as cursor:
        for proof in proofs:
            cursor.execute(statement(proof, scope_code))
            left, right, worst = cursor.fetchone()
            checks.append(Check(proof.name, proof.law, worst is None, int(left), int(right), worst))
    return checks
