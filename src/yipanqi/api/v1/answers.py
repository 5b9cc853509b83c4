"""Answers of banks to our orders, signed with the bank's own key instead of a bearer key."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from yipanqi.api.v1.problems import PROBLEMS
from yipanqi.api.v1.schemas import AnswerOut, Problems
from yipanqi.gateways import messages, risk_platform, signing
from yipanqi.gateways.messages import AnswerMessage, Result
from yipanqi.gateways.reading import MAX_BYTES, MessageRefused
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.answering import (
    BankAnswer,
    Former,
    LineAnswer,
    as_order_id,
    keep_unreadable,
    take_answer,
)
from yipanqi.ops.partners.nonces import remember_nonce
from yipanqi.ops.partners.queries import find_partner


class SignedPartner:
    """A request signed by a connected partner; the partner becomes `request.auth`."""

    gate = ("signed",)

    def __call__(self, request: HttpRequest) -> Any:
        """The partner who signed; raises `SignatureRefused`, for a stranger as for a wrong signature."""
        partner = find_partner(signing.signer_of(request.headers))
        known = partner is not None and partner.is_active and partner.public_key
        signing.verify(
            headers=request.headers,
            method=request.method or "",
            path=request.get_full_path(),
            body=request.body[: MAX_BYTES + 1],
            public_key=partner.public_key if partner and known else "00" * 32,
            now=RealClock().now(),
            remember=remember_nonce,
        )
        return partner


router = Router(auth=SignedPartner(), tags=["answers"])


@router.post(
    "",
    response={202: AnswerOut, 409: Problems, **PROBLEMS},
    summary="An answer to an order",
)
def post_answer(request: HttpRequest) -> Any:
    """Tell us what became of our order about a stop, freeze or return (docs/gateways.md). Repeat it after a lost reply.

    `effect` is applied, noted, repeated, or kept: then `problem` says why it changed nothing. An answer that cannot be
    read is kept too and answered 422 with the field.
    """
    partner, at = request.auth, now()  # type: ignore[attr-defined]
    raw = request.body.decode(errors="replace")
    try:
        message = risk_platform.read_answer(request.body)
        if message.institution != partner.code:
            raise MessageRefused("signed by another", field="MessageFrom", reason="not the signer")
    except MessageRefused as error:
        keep_unreadable(raw=raw, field=str(error.facts["field"]), partner=partner, now=at)
        raise
    taken = take_answer(answer=_canonical(message), raw=raw, partner=partner, now=at)
    return Status(202, {"effect": taken.effect, "problem": taken.problem})


def _canonical(message: AnswerMessage) -> BankAnswer:
    former = message.former
    return BankAnswer(
        order_id=as_order_id(message.order_id),
        kind=str(message.kind),
        ok=message.result is Result.OK,
        account=message.account_number,
        balance_minor=message.balance_minor,
        starts_at=message.starts_at,
        ends_at=message.ends_at or message.released_at,
        failure=str(message.failure_code or ""),
        remark=message.failure_cause or message.remark,
        frozen_minor=message.frozen_minor,
        applied_minor=message.applied_minor,
        released_minor=message.released_minor,
        former=Former(former.department, former.frozen_minor, former.ends_at) if former else None,
        lines=tuple(_line(line) for line in message.lines),
        receipt=message.receipt_number,
        serial=message.answer_id,
    )


def _line(line: messages.LineAnswer) -> LineAnswer:
    return LineAnswer(line.ref, line.result is Result.OK, str(line.failure_code or ""))
