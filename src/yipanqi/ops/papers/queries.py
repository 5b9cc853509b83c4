"""Looking at papers: those of a subject, and the kept bytes of one, whose taking is journaled."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.files import read_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

Form = Literal["docx", "pdf"]


class PaperNotFound(YipanqiError):
    """No such paper within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


class PaperNotRendered(YipanqiError):
    """The paper's Word and PDF are not made yet."""

    code = "paper_not_rendered"


class PaperChanged(YipanqiError):
    """What is kept of a paper is not what was fixed or rendered."""

    code = "paper_changed"


@dataclass(frozen=True)
class PaperFile:
    """How a form of a paper is kept and handed out."""

    kept_as: str
    media_type: str
    digest: str


FILES: dict[Form, PaperFile] = {
    "docx": PaperFile(
        "paper_docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "word_sha256",
    ),
    "pdf": PaperFile("paper_pdf", "application/pdf", "pdf_sha256"),
}


def papers_of(subject_id: uuid.UUID) -> list[Paper]:
    """The papers of a subject, oldest first; the caller has passed the subject's gate."""
    rows = Paper.objects.for_system("the papers of a subject whose gate was passed")
    return list(rows.defer("content").filter(subject_id=subject_id).order_by("made_at", "id"))


def access_paper(officer: "Officer", paper_id: uuid.UUID) -> Paper:
    """What a paper is about, to ask the gate of that before its bytes are read. Raises PaperNotFound."""
    require(officer, "paper.read")
    paper: Paper | None = (
        Paper.objects.in_scope(officer.scope_code).defer("content").filter(id=paper_id).first()
    )
    if paper is None:
        raise PaperNotFound(f"paper {paper_id} is not in your scope")
    return paper


@transaction.atomic
def read_paper(paper_id: uuid.UUID, form: Form, officer: "Officer", now: datetime) -> tuple[str, str, bytes]:
    """A paper's file name, media type and kept bytes; the taking is journaled.

    The caller has passed the subject's gate. Raises PaperNotFound, PaperNotRendered, or PaperChanged when the bytes
    are not those that were rendered.
    """
    paper = access_paper(officer, paper_id)
    if paper.rendered_at is None:
        raise PaperNotRendered(f"paper {paper_id} is not rendered yet")
    file = FILES[form]
    data = read_file(file.kept_as, paper.id)
    if hashlib.sha256(data).hexdigest() != getattr(paper, file.digest):
        raise PaperChanged(f"the {form} of paper {paper_id} is not the one that was rendered")
    payload: dict[str, object] = {
        "paper_id": str(paper.id),
        "kind": paper.kind,
        "officer_id": str(officer.id),
        "case_id": str(paper.case_id),
        "form": form,
    }
    write_entry(
        Draft("paper.taken", as_actor(officer), "paper", str(paper.id), now, paper.place_code, payload)
    )
    return f"{catalog.papers()[paper.kind].name.zh}_{paper.number}.{form}", file.media_type, data
