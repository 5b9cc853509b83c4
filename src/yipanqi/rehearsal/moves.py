"""What becomes of victims' money in a rehearsal: each payment with the transfers that pass it on, as the banks book
them.

Taken from the province's truth; the same province gives the same moves. When they happen, and whether a stop or an
empty account keeps one from happening, is `tellers`' matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from yipanqi.engine.province import Account, Province, Transfer
from yipanqi.rehearsal.payees import payee_name

OUT_OF_THE_BANKS = {"cash_out", "exchange", "clearing"}  # kinds by which money leaves
_SPEAKING = {"cash", "exchange", "clearing"}  # accounts that are named for what they are


@dataclass(frozen=True)
class Party:
    """One side of a transfer: account number, bank (a catalog code) and holder."""

    account: str
    bank: str
    name: str


@dataclass(frozen=True)
class Move:
    """One transfer of a victim's money."""

    id: str
    at: datetime
    payer: Party
    payee: Party
    amount_minor: int
    kind: str
    channel: str


@dataclass(frozen=True)
class Payment:
    """What the victim with this phone pays, and the moves that pass it on, in time order."""

    phone: str
    move: Move
    trail: tuple[Move, ...]

    @property
    def at(self) -> datetime:
        """When the victim pays."""
        return self.move.at

    def moved(self, at: datetime, *, prefix: str = "", speed: int = 1) -> "Payment":
        """The same payment made at another instant, passed on `speed` times as fast; ids with a prefix."""

        def shift(move: Move) -> Move:
            return replace(move, id=prefix + move.id, at=at + (move.at - self.at) / speed)

        return Payment(self.phone, shift(self.move), tuple(shift(move) for move in self.trail))


def payments_of(province: Province) -> dict[str, tuple[Payment, ...]]:
    """Every fraud's payments in time order, by the fraud's id."""
    transfers = {transfer.id: transfer for transfer in province.transfers}
    accounts = {account.number: account for account in province.accounts}
    victims = {fraud.id: fraud.victim.phone for fraud in province.truth.frauds}
    trails: dict[str, list[Move]] = {}
    paid: dict[str, list[str]] = {}
    for tainted in province.truth.tainted:
        if not tainted.level:
            paid.setdefault(tainted.fraud_id, []).append(tainted.transfer_id)
        move = _move(transfers[tainted.transfer_id], accounts, is_payment=not tainted.level)
        trails.setdefault(tainted.payment_id, []).append(move)
    return {
        fraud_id: tuple(_payment(victims[fraud_id], trails[payment_id]) for payment_id in ids)
        for fraud_id, ids in paid.items()
    }


def last_before(payments: Iterable[Payment], at: datetime) -> Payment | None:
    """The last of these payments made up to an instant."""
    return max((each for each in payments if each.at <= at), key=lambda each: each.at, default=None)


def _payment(phone: str, moves: list[Move]) -> Payment:
    first, *trail = sorted(moves, key=lambda move: (move.at, move.id))
    return Payment(phone, first, tuple(trail))


def _move(transfer: Transfer, accounts: dict[str, Account], *, is_payment: bool) -> Move:
    payer, payee = accounts[transfer.payer], accounts[transfer.payee]
    return Move(
        transfer.id,
        transfer.booked_at,
        Party(payer.number, payer.bank_code, payer.holder_name if is_payment else payee_name(payer.number)),
        Party(payee.number, payee.bank_code, _holder(payee)),
        transfer.amount_minor,
        transfer.kind,
        transfer.channel,
    )


def _holder(account: Account) -> str:
    return account.holder_name if account.kind in _SPEAKING else payee_name(account.number)
