"""The papers' job. It may run more than once: a rendered paper stays as it is."""

import uuid

from procrastinate.contrib.django import app

from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated
from yipanqi.ops.papers.services import RENDER_TASK, render_paper


@app.task(name=RENDER_TASK, queue="papers", retry=5)
def render(paper_id: str) -> None:
    """Make Word and PDF of a paper."""
    with correlated():
        render_paper(paper_id=uuid.UUID(paper_id), now=now())
