"""The lifecycles of the way back (freeze, screening, return) beside models written out by hand, for the machines."""

from collections.abc import Mapping

from yipanqi.casework.lifecycles.claim import CLAIM
from yipanqi.casework.lifecycles.division import DIVISION
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.casework.lifecycles.hand_over import HAND_OVER
from yipanqi.casework.lifecycles.objection import OBJECTION
from yipanqi.casework.lifecycles.payout import PAYOUT
from yipanqi.casework.lifecycles.repayment import REPAYMENT
from yipanqi.casework.lifecycles.screening import SCREENING
from yipanqi.casework.machine import Lifecycle

Model = Mapping[str, Mapping[str, tuple[str, str]]]

LAPSE = {"lapse": ("lapsed", "freeze.lapsed")}
RELEASE = {"order_release": ("releasing", "freeze.release_ordered")}
ANSWERS = {
    "confirm": ("frozen", "freeze.frozen"),
    "queue": ("queued", "freeze.queued"),
    "refuse": ("refused", "freeze.refused"),
}
CORRECT = {"correct": ("releasing", "freeze.corrected")}
FREEZE_MODEL: Model = {
    "proposed": {"sign": ("approved", "freeze.signed"), "decline": ("declined", "freeze.declined")},
    "approved": {
        "send": ("sent", "freeze.sent"),
        "time_out": ("unanswered", "freeze.unanswered"),
        **ANSWERS,
        **RELEASE,
        **LAPSE,
    },
    "sent": {"time_out": ("unanswered", "freeze.unanswered"), **ANSWERS, **RELEASE, **LAPSE},
    "unanswered": {"send": ("sent", "freeze.sent"), **ANSWERS, **RELEASE, **LAPSE},
    "queued": {
        "move_up": ("frozen", "freeze.moved_up"),
        "renew": ("queued", "freeze.renewed"),
        **RELEASE,
        **LAPSE,
    },
    "frozen": {
        "top_up": ("frozen", "freeze.topped_up"),
        "renew": ("frozen", "freeze.renewed"),
        "cut": ("frozen", "freeze.cut"),
        "return_part": ("frozen", "freeze.returned"),
        "return_rest": ("returned", "freeze.returned"),
        "hand_over": ("handed_over", "freeze.handed_over"),
        **RELEASE,
        **LAPSE,
    },
    "releasing": {
        "confirm": ("releasing", "freeze.frozen"),
        "confirm_release": ("released", "freeze.released"),
        **LAPSE,
    },
    "refused": CORRECT,
    "declined": CORRECT,
    "released": CORRECT,
    "lapsed": CORRECT,
    "returned": {},
    "handed_over": {},
}
SCREENING_MODEL: Model = {
    "open": {"find": ("found", "screening.found")},
    "found": {"reopen": ("open", "screening.reopened")},
}
RETURN_MODEL: Model = {
    "open": {
        "divide": ("divided", "return.divided"),
        "withdraw": ("withdrawn", "return.withdrawn"),
    },
    "divided": {
        "divide": ("divided", "return.divided"),
        "change": ("open", "return.changed"),
        "submit": ("submitted", "return.submitted"),
        "withdraw": ("withdrawn", "return.withdrawn"),
    },
    "submitted": {
        "send_back": ("divided", "return.sent_back"),
        "decide": ("decided", "return.decided"),
        "publish": ("noticed", "return.noticed"),
    },
    "noticed": {
        "submit_decision": ("deciding", "return.decision_asked"),
        "reconsider": ("open", "return.reconsidered"),
    },
    "deciding": {
        "send_back": ("divided", "return.sent_back"),
        "decide": ("decided", "return.decided"),
        "reconsider": ("open", "return.reconsidered"),
    },
    "decided": {"reconsider": ("open", "return.reconsidered"), "order": ("ordered", "return.ordered")},
    "ordered": {
        "order": ("ordered", "return.ordered"),
        "pay": ("ordered", "return.paid"),
        "complete": ("paid", "return.completed"),
    },
    "paid": {
        "order": ("ordered", "return.ordered"),
        "pay_late": ("paid", "return.paid"),
        "close": ("closed", "return.closed"),
    },
    "closed": {"pay_late": ("closed", "return.paid")},
    "withdrawn": {},
}
EXCLUDE = {"exclude": ("excluded", "claim.excluded")}
CLAIM_MODEL: Model = {
    "candidate": {"notify": ("notified", "claim.notified"), "apply": ("applied", "claim.applied"), **EXCLUDE},
    "notified": {"apply": ("applied", "claim.applied"), **EXCLUDE},
    "applied": {"verify": ("verified", "claim.verified"), **EXCLUDE},
    "verified": {"redirect": ("applied", "claim.applied"), **EXCLUDE},
    "excluded": {"restore": ("candidate", "claim.restored")},
}
BEGINS = {"start": ("running", "division.started"), "fail": ("failed", "division.failed")}
DIVISION_MODEL: Model = {
    "queued": BEGINS,
    "running": {**BEGINS, "finish": ("done", "division.finished")},
    "done": {},
    "failed": {},
}
RECEIVE = {"receive": ("received", "payout.received")}
PAYOUT_MODEL: Model = {
    "given": {**RECEIVE, "fail": ("failed", "payout.failed")},
    "failed": RECEIVE,
    "received": RECEIVE,
}
OBJECTION_MODEL: Model = {
    "open": {"uphold": ("upheld", "objection.upheld"), "reject": ("rejected", "objection.rejected")},
    "upheld": {},
    "rejected": {},
}
REPAYMENT_MODEL: Model = {
    "entered": {
        "confirm": ("confirmed", "repayment.confirmed"),
        "decline": ("declined", "repayment.declined"),
    },
    "confirmed": {},
    "declined": {},
}
HAND_OVER_MODEL: Model = {
    "proposed": {"sign": ("approved", "hand_over.approved"), "decline": ("declined", "hand_over.declined")},
    "approved": {"receive": ("received", "hand_over.received")},
    "received": {},
    "declined": {},
}
WAY_BACK: tuple[tuple[Lifecycle, Model], ...] = (
    (FREEZE, FREEZE_MODEL),
    (SCREENING, SCREENING_MODEL),
    (FUND_RETURN, RETURN_MODEL),
    (CLAIM, CLAIM_MODEL),
    (DIVISION, DIVISION_MODEL),
    (PAYOUT, PAYOUT_MODEL),
    (OBJECTION, OBJECTION_MODEL),
    (REPAYMENT, REPAYMENT_MODEL),
    (HAND_OVER, HAND_OVER_MODEL),
)
