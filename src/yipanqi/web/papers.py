"""Papers of a subject as pages list them, and the gate of each kind of subject that has papers.

Leaves alone: who makes a paper, and when (the acts' apps); taking one (`views.papers`).
"""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from yipanqi import catalog
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.measures.freezing.queries import access_freeze
from yipanqi.ops.papers.queries import FILES, PaperNotFound, papers_of
from yipanqi.ops.returns.looking import access_hand_over, access_payout, access_repayment
from yipanqi.ops.returns.queries import access_claim, access_return
from yipanqi.ops.screening.queries import access_screening
from yipanqi.web import presenting as show

# How the gate of a paper's subject is passed; what is not here has no papers.
GATES: dict[str, Callable[[Any, uuid.UUID], object]] = {
    "case": access_case,
    "freeze": access_freeze,
    "screening": access_screening,
    "fund_return": access_return,
    "claim": access_claim,
    "payout": access_payout,
    "repayment": partial(access_repayment, act="money.read"),
    "hand_over": partial(access_hand_over, act="money.read"),
}

_NAMES = {"docx": "Word", "pdf": "PDF"}


def pass_gate(officer: Any, paper: Any) -> None:
    """Pass the gate of what a paper is about. Raises what that gate raises, or PaperNotFound for an unknown kind."""
    gate = GATES.get(paper.subject_kind)
    if gate is None:
        raise PaperNotFound(f"papers of a {paper.subject_kind} are nobody's")
    gate(officer, paper.subject_id)


def listed(*subject_ids: uuid.UUID) -> list[dict[str, Any]]:
    """The context `papers` of `papers/_list.html`: the papers of these subjects, oldest first; gates were passed."""
    found = sorted(
        (paper for subject_id in subject_ids for paper in papers_of(subject_id)),
        key=lambda paper: (paper.made_at, paper.id),
    )
    return [
        {
            "id": paper.id,
            "name": catalog.papers()[paper.kind].name.get(show.language()),
            "number": paper.number,
            "made_at": paper.made_at,
            "drill": paper.drill,
            "ready": paper.rendered_at is not None,
            "digest": f"SHA-256 {paper.content_sha256}",
            "forms": [
                {"form": form, "name": _NAMES[form], "digest": f"SHA-256 {getattr(paper, file.digest)}"}
                for form, file in FILES.items()
            ],
        }
        for paper in found
    ]
