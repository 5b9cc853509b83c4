"""Taking a paper: the bytes that were kept when it was rendered, for who passes the gate of what it is about."""

import uuid
from typing import Any, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.papers.queries import FILES, Form, access_paper, read_paper
from yipanqi.web.gates import desk
from yipanqi.web.papers import pass_gate


@desk("paper.read")
@require_GET
def paper(request: HttpRequest, paper_id: uuid.UUID, form: str) -> HttpResponse:
    """The paper as Word or PDF; the taking is journaled. 409 while it is being rendered."""
    if form not in FILES:
        raise YipanqiError("a paper has no such form", code="not_found")
    officer: Any = request.user
    pass_gate(officer, access_paper(officer, paper_id))
    name, media_type, data = read_paper(paper_id, cast(Form, form), officer, now())
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
