"""What lies behind the centre when a rehearsal opens: frozen money of earlier months, on its way back to victims.

Played before the history, under the virtual clock, by the services that the pages call; the banks are the simulated
ones. One freeze ends in two weeks and nobody has attended to it; a mule's and an innocent seller's accounts were
frozen and screened, and the seller got a part back. Leaves alone: the freezes of the days played (`clerks`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from yipanqi.config.ticking import tick
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.cases.reading import read_report
from yipanqi.ops.cases.services import report_case
from yipanqi.ops.journal.clock import set_clock
from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange, PaymentStop, Signature
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.ops.measures.signing import sign
from yipanqi.ops.screening.evidence import add_evidence
from yipanqi.ops.screening.finding import find
from yipanqi.ops.screening.services import open_screening
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import blind_index
from yipanqi.rehearsal.payees import payee_name
from yipanqi.rehearsal.seats import DoorShutError
from yipanqi.rehearsal.staging import DESK_CLERKS
from yipanqi.rehearsal.street import Street
from yipanqi.rehearsal.world import BUILDER, PROVINCE

CLERK, CHIEF, FUNDS, SCREENER = DESK_CLERKS
FORGOTTEN_DAYS, SCREENED_DAYS = 170, 75  # before the centre is opened
BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
ANSWER_SECONDS = 90
LOOK_SECONDS = 0.02
WARNED_DAYS = (30, 15)
MULE, SELLER, FORGOTTEN = "6228480068123450075", "6217000068123450281", "6222020068123450170"
GOODS = "12000.00"  # of what the seller got, what the goods were not worth
CLEAN = {
    "knew": "no",
    "free_or_far_below_price": "no",
    "illegal_debt_or_crime": "no",
    "other_bad_faith": "no",
}
CHAT = """2026 客户：这两台手机今天能发货吗
商家：可以，付款后顺丰发出，单号稍后发您
客户：已付，收货地址照旧
商家：收到，已发出，请注意查收
"""


@dataclass(frozen=True)
class Paid:
    """One payment of a victim of an earlier month."""

    account: str
    bank: str
    amount: str


@dataclass(frozen=True)
class Victim:
    """One victim and what was paid to whom."""

    name: str
    phone: str
    text: str
    paid: tuple[Paid, ...]


LATE = Victim(
    "潘美华",
    "14199990170",
    "被害人称在投资平台充值后无法提现，对方已失联",
    (Paid(FORGOTTEN, "icbc", "86000.00"),),
)
TOGETHER = (
    Victim(
        "林国栋",
        "14199990075",
        "被害人称被冒充客服诱导转账，其中一笔汇给手机商家",
        (Paid(MULE, "abc", "180000.00"), Paid(SELLER, "ccb", "30000.00")),
    ),
    Victim("陈秋萍", "14199990076", "被害人称刷单垫付后无法提现", (Paid(MULE, "abc", "95000.00"),)),
    Victim("郭志明", "14199990077", "被害人称被冒充领导要求垫资", (Paid(MULE, "abc", "60000.00"),)),
)


class Wayback:
    """The months before a rehearsal. `play` stands the clocks where it stopped: the caller moves them on."""

    def __init__(self, street: Street) -> None:
        self._street = street
        rows = Officer.objects.filter(username__in=[CLERK, CHIEF, FUNDS, SCREENER])
        self._officers = {officer.username: officer for officer in rows}
        self._at = BEFORE

    def play(self, starts_at: datetime, *, quick: bool = False) -> None:
        """Play what came before a history that starts at an instant; quick: only the freeze that nobody attends to."""
        self._stand(starts_at - timedelta(days=FORGOTTEN_DAYS))
        forgotten = self._frozen(self._filed(LATE), LATE.paid[0])
        if not quick:
            self._stand(starts_at - timedelta(days=SCREENED_DAYS))
            self._screened()
        assert forgotten.expires_at is not None
        for days in WARNED_DAYS:
            at = forgotten.expires_at - timedelta(days=days) + timedelta(minutes=1)
            if self._at < at < starts_at:
                self._stand(at)
                tick(now=lambda: self._at)

    def _screened(self) -> None:
        """A mule's account frozen for all its victims, a seller's in part released once its papers were seen."""
        first, *others = [self._filed(victim) for victim in TOGETHER]
        mule, seller = TOGETHER[0].paid
        for victim in TOGETHER[1:]:
            self._pay_in(victim)
        total = sum(parse_amount_minor(paid.amount) for victim in TOGETHER for paid in victim.paid[:1])
        note = f"另有{len(others)}名被害人的被骗款项在该账户内，案件已立案并案侦办"
        mules = self._frozen(first, mule, asked_minor=total, amount_note=note)
        sellers = self._frozen(first, seller)
        self._later(days=2)
        answers = dict.fromkeys(("goods_delivered", "price_usual", "kept_records"), "unknown")
        reasons = "账户专用于收取被骗款项，持卡人已承认出租，余额全部为被害人资金"
        self._find(mules, "involved_full", reasons, answers | {"knew": "yes"})
        self._hand_in(sellers)
        reasons = "查验发票、聊天记录，其中一台手机已发货且价格正常，另一台未发货，相应款项涉案"
        answers |= CLEAN | {"goods_delivered": "yes", "price_usual": "yes"}
        self._find(sellers, "involved_part", reasons, answers, involved_minor=parse_amount_minor(GOODS))
        self._sign(freeze=sellers)
        changes = FreezeChange.objects.for_system("the rehearsal waits for its own").filter(freeze=sellers)
        self._await(lambda: changes.filter(status="done").exists(), "the cut")

    def _filed(self, victim: Victim) -> Case:
        """A case that was reported, accepted and filed."""
        paid_at = (self._at - timedelta(minutes=40)).isoformat()
        report = {
            "occurred_at": paid_at,
            "person_name": victim.name,
            "person_phone": victim.phone,
            "jurisdiction_code": "350104",
            "fraud_type": "T01",
            "text": victim.text,
            "payments": [
                {
                    "payee_account": paid.account,
                    "payee_name": payee_name(paid.account),
                    "payee_bank": paid.bank,
                    "amount": paid.amount,
                    "paid_at": paid_at,
                }
                for paid in victim.paid
            ],
        }
        facts = read_report(report, scope_code=PROVINCE, now=self._at)
        acting = as_actor(self._officers[CLERK])
        case = report_case(facts=facts, source=CaseSource.REPORT, acting=acting, now=self._at)[0]
        for act, officer in (("accept", CLERK), ("file", CHIEF)):
            case.refresh_from_db()
            given = {"case_id": case.id, "version": case.version, "acting_officer": self._officers[officer]}
            case = move_case(act=act, now=self._at, **given)
        if victim in (LATE, TOGETHER[0]):  # the others' money comes in once all are heard of
            self._pay_in(victim)
        return case

    def _pay_in(self, victim: Victim) -> None:
        for paid in victim.paid:
            at = self._at - timedelta(minutes=40)
            self._street.pay_in(paid.bank, paid.account, payee_name(paid.account), paid.amount, at)

    def _frozen(self, case: Case, paid: Paid, **more: Any) -> Freeze:
        """A payee's account: stopped first, then frozen in the stop's place."""
        payment = case.payments.get(payee__number_index=blind_index("account", paid.account))
        holder, minor = payee_name(paid.account), payment.amount_minor
        stopping = StopProposal(
            target="suspect", ground="victim_report", account=paid.account, bank=paid.bank, holder_name=holder,
            asked_minor=minor, transfer_at=payment.paid_at, case_id=case.id, payment_id=payment.id,
        )  # fmt: skip
        stop = propose_stop(proposal=stopping, acting_officer=self._officers[FUNDS], now=self._at)
        self._sign(stop=stop)
        self._await(lambda: _status(PaymentStop, stop) == "stopped", "the stop")
        given = {"asked_minor": minor, "ground": "victim_paid", "stop_id": stop.id} | more
        proposal = FreezeProposal(
            case_id=case.id, account_id=payment.payee_id, bank=paid.bank, holder_name=holder, **given
        )
        freeze = propose_freeze(proposal=proposal, acting_officer=self._officers[FUNDS], now=self._at)
        self._sign(freeze=freeze)
        self._await(lambda: _status(Freeze, freeze) == "frozen", "the freeze")
        freeze.refresh_from_db()
        return freeze

    def _sign(self, **measure: Any) -> None:
        waiting = Signature.objects.for_system("the rehearsal's own").get(status="waiting", **measure)
        sign(signature_id=waiting.id, acting_officer=self._officers[CHIEF], now=self._at)

    def _hand_in(self, freeze: Freeze) -> None:
        given = {"acting_officer": self._officers[SCREENER], "now": self._at}
        screening = open_screening(freeze_id=freeze.id, **given)
        holder = freeze.holder_name.reveal()
        files = (("invoice", "发票.pdf", invoice_pdf()), ("chat", "聊天记录.txt", CHAT.encode()))
        for kind, name, data in files:
            add_evidence(
                screening_id=screening.id, kind=kind, file_name=name, data=data, handed_in_by=holder, **given
            )

    def _find(self, freeze: Freeze, outcome: str, reasons: str, answers: dict[str, str], **more: int) -> None:
        given = {"acting_officer": self._officers[SCREENER], "now": self._at}
        screening = open_screening(freeze_id=freeze.id, **given)
        screening.refresh_from_db()
        told = {"outcome": outcome, "reasons": reasons, "answers": answers, **more}
        find(screening_id=screening.id, version=screening.version, **told, **given)

    def _later(self, **by: int) -> None:
        self._stand(self._at + timedelta(**by))

    def _stand(self, at: datetime) -> None:
        """Stand the centre's clock and the banks' at an instant."""
        self._at = at
        set_clock(virtual_at=at, acting=BUILDER)
        self._street.control("*", clock={"at": at.isoformat()})

    @staticmethod
    def _await(true: Callable[[], bool], what: str) -> None:
        """Return once a bank has answered. Raises DoorShutError when it does not."""
        limit = time.monotonic() + ANSWER_SECONDS
        while not true():
            if time.monotonic() > limit:
                raise DoorShutError(f"{what} of an earlier month was not answered")
            time.sleep(LOOK_SECONDS)


def invoice_pdf() -> bytes:
    """A page that says what was sold, as a holder of an account may hand it in."""
    lines = ("INVOICE  No. 2635000068", "2 phones, CNY 15,000.00 each", "Total CNY 30,000.00 (drill)")
    shown = " ".join(f"({line}) Tj 0 -24 Td" for line in lines)
    stream = f"BT /F1 16 Tf 72 760 Td {shown} ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(parts) + 1
    return (
        body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    )  # fmt: skip


def _status(table: Any, measure: Any) -> str:
    rows = table.objects.for_system("the rehearsal waits for its own")
    return str(rows.values_list("status", flat=True).get(id=measure.id))
