"""What is proposed for a victim: the stop of the account that was paid, and of the own card so that nothing leaves it.

The plain numbers and names come from the case's own sealed fields; nobody retypes them. Proposing itself is in
`proposing`.
"""

from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.cases.reading import CardFacts
from yipanqi.ops.measures.enums import Target
from yipanqi.ops.measures.proposing import StopProposal
from yipanqi.ops.subjects.models import Account


def stop_of_payment(case: Case, payment: Payment) -> StopProposal:
    """The stop of a payment's payee by its four elements, on the ground of who reported it."""
    return StopProposal(
        target=Target.SUSPECT,
        ground="bank_report" if case.source == CaseSource.PARTNER else "victim_report",
        account=payment.payee.number.reveal(),
        bank=payment.payee_bank,
        holder_name=payment.payee_name.reveal(),
        asked_minor=payment.amount_minor,
        transfer_at=payment.paid_at,
        case_id=case.id,
        payment_id=payment.id,
    )


def stop_of_card(case: Case, card: CardFacts) -> StopProposal:
    """The protective stop of a card of the victim's own, who has paid and may pay again."""
    return StopProposal(
        target=Target.PROTECTIVE,
        ground="may_pay_again",
        account=card.account,
        bank=card.bank,
        holder_name=card.holder_name or case.victim.name.reveal(),
        case_id=case.id,
    )


def stop_of_noted_card(case: Case, card: Account) -> StopProposal:
    """The same for a card that the case knows already."""
    return stop_of_card(case, CardFacts(card.number.reveal(), card.bank_code, ""))


def stop_before_payment(alert: Alert, card: CardFacts) -> StopProposal:
    """The protective stop of a resident's card while the resident is still being led on: nothing has been paid."""
    return StopProposal(
        target=Target.PROTECTIVE,
        ground="imminent_payment",
        account=card.account,
        bank=card.bank,
        holder_name=card.holder_name or alert.person.name.reveal(),
        alert_id=alert.id,
    )
