"""The proof of the money ledger: its own laws, and that it says what cases, stops, freezes and payouts say.

Every law is a statement that gives both sides in fen and names the worst key. Officers look at it in their scope; every
night the whole centre is looked at, and a breach is journaled loudly. Leaves alone: putting a breach right (people do).
"""

from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from yipanqi.ops.cases.losses import WITHOUT_LOSS
from yipanqi.ops.journal.services import SYSTEM, Draft, write_entry
from yipanqi.ops.jurisdictions.queries import root_code
from yipanqi.ops.moneybook.proving import PROOFS as OF_THE_BOOKS
from yipanqi.ops.moneybook.proving import Check, Proof, look, statement
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

log = structlog.get_logger(__name__)
_ENDED = ", ".join(f"'{status}'" for status in WITHOUT_LOSS)


def _against(books: str, told: str, key: str) -> str:
    """The statement that compares what the books hold with what a table says; both give the key, then the sum."""
    return f"""
SELECT coalesce(sum(book), 0), coalesce(sum(told), 0), min(breach) FILTER (WHERE book <> told)
FROM (
    SELECT sum(book) AS book, sum(told) AS told, concat_ws(' ', {key}) AS breach
    FROM (
        SELECT {key}, minor AS book, 0 AS told FROM ({books}) AS booked
        UNION ALL
        SELECT {key}, 0, minor FROM ({told}) AS said
    ) AS both_sides GROUP BY {key}
) AS pair
"""


PROOFS = (
    *OF_THE_BOOKS,
    Proof(
        "losses_agree",
        "C.outstanding + C.attributed + C.returned + C.repaid = cases.loss (case)",
        _against(
            """
            SELECT case_id, amount_minor AS minor FROM moneybook_moneyleg
            WHERE {scope} AND book = 'C' AND kind <> 'loss'
        """,
            f"""
            SELECT id AS case_id, loss_minor AS minor FROM cases_case
            WHERE {{scope}} AND status NOT IN ({_ENDED})
        """,
            "case_id",
        ),
    ),
    Proof(
        "stops_agree",
        "H.stopped = stops.stopped (case, account)",
        _against(
            """
            SELECT case_id, account_id, amount_minor AS minor FROM moneybook_moneyleg
            WHERE {scope} AND book = 'H' AND kind = 'stopped'
        """,
            """
            SELECT case_id, account_id, coalesce(stopped_minor, 0) AS minor FROM measures_paymentstop
            WHERE {scope} AND target = 'suspect' AND status IN ('stopped', 'lifting')
        """,
            "case_id, account_id",
        ),
    ),
    Proof(
        "freezes_agree",
        "H.frozen + H.attributed = freezes.frozen, .interest (case, account, part)",
        _against(
            """
            SELECT case_id, account_id, part, amount_minor AS minor FROM moneybook_moneyleg
            WHERE {scope} AND book = 'H' AND kind IN ('frozen', 'attributed') AND account_id IS NOT NULL
        """,
            """
            SELECT case_id, account_id, side.part, side.minor FROM measures_freeze
            CROSS JOIN LATERAL (VALUES ('P', frozen_minor), ('I', interest_minor)) AS side (part, minor)
            WHERE {scope} AND status IN ('frozen', 'releasing')
        """,
            "case_id, account_id, part",
        ),
    ),
    Proof(
        "payouts_agree",
        "H.returned = payouts.paid (victim, account, part)",
        _against(
            """
            SELECT victim_id, account_id, part, amount_minor AS minor FROM moneybook_moneyleg
            WHERE {scope} AND book = 'H' AND kind = 'returned'
        """,
            """
            SELECT claim.victim_id, fund.account_id, side.part, side.minor FROM returns_payout
            JOIN returns_payoutline AS line ON line.payout_id = returns_payout.id AND line.status = 'paid'
            JOIN returns_returnfund AS fund ON fund.id = returns_payout.fund_id
            JOIN returns_allocation AS allocation ON allocation.id = line.allocation_id
            JOIN returns_claim AS claim ON claim.id = allocation.claim_id
            CROSS JOIN LATERAL (
                VALUES ('P', line.principal_minor), ('I', line.interest_minor)
            ) AS side (part, minor)
            WHERE returns_payout.{scope}
        """,
            "victim_id, account_id, part",
        ),
    ),
    Proof(
        "repayments_agree",
        "C.repaid = compensated, −H.accused = surrendered (case, kind)",
        _against(
            """
            SELECT case_id, CASE book WHEN 'C' THEN 'compensated' ELSE 'surrendered' END AS kind,
                CASE book WHEN 'C' THEN amount_minor ELSE -amount_minor END AS minor
            FROM moneybook_moneyleg WHERE {scope} AND kind IN ('repaid', 'accused')
        """,
            """
            SELECT case_id, kind, amount_minor AS minor FROM returns_repayment
            WHERE {scope} AND status = 'confirmed'
        """,
            "case_id, kind",
        ),
    ),
)


def prove(officer: "Officer") -> list[Check]:
    """Every law, looked at within the officer's scope."""
    require(officer, "money.read")
    return look(PROOFS, officer.scope_code)


def statement_of(name: str, officer: "Officer") -> str:
    """The statement behind a law, for the officer's scope."""
    return next(statement(proof, officer.scope_code) for proof in PROOFS if proof.name == name)


@transaction.atomic
def prove_all(*, now: datetime) -> list[Check]:
    """Every law over the whole centre; what is broken is journaled, logged as an error, and returned."""
    place = root_code()
    broken = [check for check in look(PROOFS, place) if not check.ok]
    for check in broken:
        log.error("money.unbalanced", law=check.name, left=check.left_minor, right=check.right_minor)
        payload: dict[str, object] = {
            "reason": check.name,
            "amount_minor": abs(check.left_minor - check.right_minor),
        }
        write_entry(Draft("money.unbalanced", SYSTEM, "money", check.name, now, place, payload))
    return broken
