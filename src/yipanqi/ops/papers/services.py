"""Making papers: content and number are fixed in the act's own transaction, a job renders Word and PDF of it once.

Leaves alone: what the fields say (the acts' apps), how they look (`word`, `printing`), and taking a paper (`queries`).
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app as queue

from yipanqi import catalog
from yipanqi.kernel.days import day_of
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entry
from yipanqi.ops.papers.content import canonical, digest_of, fill
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.numbering import next_number, unit_name
from yipanqi.ops.papers.printing import printed
from yipanqi.ops.papers.queries import FILES, PaperChanged
from yipanqi.ops.papers.word import written
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.vault.files import keep_file

RENDER_TASK = "papers.render"


@transaction.atomic
def make_paper(
    kind: str,
    *,
    fields: Mapping[str, Any],
    tables: Mapping[str, Sequence[Sequence[str]]] = MappingProxyType({}),
    subject: tuple[str, uuid.UUID],
    case_id: uuid.UUID,
    place_code: str,
    number: str | None = None,
    acting: Actor,
    now: datetime,
) -> Paper:
    """Fix a paper of the catalog's `kind` and ask for its rendering; without a number, the next of its series.

    Raises ValueError when fields or tables are not what the kind asks for.
    """
    paper_kind = catalog.papers()[kind]
    number = number or next_number(paper_kind.series, place_code, now=now)
    content = fill(
        paper_kind,
        fields=fields,
        tables=tables,
        number=number,
        unit=unit_name(place_code),
        day=day_of(now),
        drill=settings.DRILL,
    )
    text = canonical(content)
    paper = Paper(
        id=new_id(now),
        kind=kind,
        number=number,
        subject_kind=subject[0],
        subject_id=subject[1],
        case_id=case_id,
        content=Sealed.of("text", text),
        content_sha256=digest_of(text),
        drill=settings.DRILL,
        actor_kind=acting.kind,
        actor_id=acting.id,
        made_at=now,
    )
    paper.put_at(place_code)
    paper.save(force_insert=True)
    payload = {"case_id": str(case_id), "subject_id": str(subject[1])}
    write_entry(_draft(paper, "paper.made", acting, now, **payload))
    queue.configure_task(RENDER_TASK, queue="papers").defer(paper_id=str(paper.id))
    return paper


@transaction.atomic
def render_paper(*, paper_id: uuid.UUID, now: datetime) -> bool:
    """Make Word and PDF of a paper's content and keep both sealed; False when that was done before.

    Raises PaperChanged when the content is not what the act fixed, FontMissing without a Chinese font.
    """
    rows = Paper.objects.for_system("a job renders papers by id").select_for_update(no_key=True)
    paper: Paper = rows.get(id=paper_id)
    if paper.rendered_at is not None:
        return False
    text = paper.content.reveal()
    if digest_of(text) != paper.content_sha256:
        raise PaperChanged(f"the content of paper {paper_id} is not the one that was fixed")
    content = json.loads(text)
    paper.word_sha256 = keep_file(FILES["docx"].kept_as, paper.id, written(content, made_at=paper.made_at))
    paper.pdf_sha256 = keep_file(FILES["pdf"].kept_as, paper.id, printed(content))
    paper.rendered_at = now
    paper.save(update_fields=["word_sha256", "pdf_sha256", "rendered_at"])
    digests = {"word_digest": paper.word_sha256, "pdf_digest": paper.pdf_sha256}
    write_entry(_draft(paper, "paper.rendered", SYSTEM, now, **digests))
    return True


def _draft(paper: Paper, event: str, acting: Actor, now: datetime, **payload: str) -> Draft:
    body: dict[str, object] = {
        "paper_id": str(paper.id),
        "kind": paper.kind,
        "content_digest": paper.content_sha256,
        **payload,
    }
    return Draft(event, acting, "paper", str(paper.id), now, place_code=paper.place_code, payload=body)
