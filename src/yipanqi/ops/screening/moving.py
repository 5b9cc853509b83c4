"""What every act of screening shares: the refusal, the lock, the lifecycle and the journal's draft."""

import uuid
from datetime import datetime, timedelta

from yipanqi import catalog
from yipanqi.casework.lifecycles.screening import SCREENING
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.screening.models import Screening


class ScreeningRefused(YipanqiError):
    """A screening cannot be opened, added to or settled as asked.

    Codes: version_conflict, freeze_not_held, screening_settled, evidence_sort_unknown, evidence_too_large (limit),
    evidence_too_many (limit), evidence_known, reason_missing, field_too_long (limit), reasons_too_short (limit),
    outcome_unknown, answer_unknown, involved_out_of_range, evidence_missing, checklist_against, change_under_way.
    """

    code = "screening_refused"


def lock_screening(screening_id: uuid.UUID, *, version: int | None = None) -> Screening:
    """The screening, locked, as it was seen at `version` (None: at any). The caller has passed its gate."""
    rows = Screening.objects.for_system("acts lock by id; gates stand before")
    locked: Screening = (
        rows.select_for_update(no_key=True, of=("self",))
        .select_related("freeze", "case", "account")
        .get(id=screening_id)
    )
    if version is not None and locked.version != version:
        raise ScreeningRefused(
            "the screening was changed meanwhile", code="version_conflict", version=locked.version
        )
    return locked


def check_held(freeze: Freeze) -> None:
    """Pass silently while the bank holds money under the freeze. Raises ScreeningRefused `freeze_not_held`."""
    if freeze.status != "frozen":
        raise ScreeningRefused(
            "no money is held under this freeze", code="freeze_not_held", status=freeze.status
        )


def check_open(screening: Screening) -> None:
    """Pass silently while nothing was found. Raises ScreeningRefused `screening_settled`."""
    if screening.status != "open":
        raise ScreeningRefused("there is a finding; reopen first", code="screening_settled")


def checked_text(text: str, limit: int) -> str:
    """A text trimmed, within its limit. Raises ScreeningRefused `field_too_long`."""
    found = text.strip()
    if len(found) > limit:
        raise ScreeningRefused("the text is too long", code="field_too_long", limit=limit)
    return found


def screen_within(freeze: Freeze) -> timedelta:
    """How long a screening may take, by the freeze's pack."""
    return catalog.policy(freeze.pack_id, freeze.pack_version).duration("screen.within")


def move_screening(
    screening: Screening, act: str, *, acting: Actor, now: datetime, **payload: object
) -> Draft:
    """Apply one act of the lifecycle to a locked screening (not saved) and return its journal draft."""
    transition = SCREENING.next(screening.status, act)
    before, screening.status = screening.status, transition.target
    screening.version += 1
    return screening_draft(screening, transition.event, acting, now, before=before, **payload)


def screening_draft(
    screening: Screening, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a screening."""
    body: dict[str, object] = {
        "screening_id": str(screening.id),
        "freeze_id": str(screening.freeze_id),
        "case_id": str(screening.case_id),
        **payload,
    }
    return Draft(
        event,
        acting,
        "screening",
        str(screening.id),
        now,
        screening.place_code,
        body,
        before=before,
        after=screening.status,
    )
