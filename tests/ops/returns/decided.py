"""A decided return as the acts before leave it: two victims' shares of one frozen account, attributed in both books."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from yipanqi.kernel.days import day_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.models import Case
from yipanqi.ops.indicators.proving import prove
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.services import post, shift, take_back
from yipanqi.ops.returns.models import Allocation, Claim, Division, FundReturn, Payout, ReturnFund
from yipanqi.ops.returns.receiving import settle
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.ops.vault.fields import Sealed
from yipanqi.rehearsal.world import World

PLACE = "350104"
SHARES = ((3_000_000, 300), (1_500_000, 150))


class Decided:
    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = world.bank("ccb")
        self.funds = world.officer("funds", roles=["funds_officer"])
        self.second = world.officer("second", roles=["funds_officer"])
        self.auditor = world.officer("aud", roles=["auditor"])
        self.boss = world.officer("boss", roles=["approver"], name="陈局")
        self.cases = [world.case(), world.case(amount="60000.00")]
        self.freeze = self._freeze(self.cases[0])
        self.fund_return = self._return()

    def _freeze(self, case):
        now = self.world.now
        made = Freeze(
            id=new_id(now),
            status="frozen",
            case=case,
            account=case.payments.get().payee,
            partner=self.bank,
            holder_name=Sealed.of("name", "周二"),
            fraud_type="T01",
            asked_minor=6_000_000,
            ground="x",
            pack_id=case.pack_id,
            pack_version=case.pack_version,
            proposed_by=self.funds,
            proposed_at=now,
            signed_by=self.boss,
            signed_at=now,
            from_date=day_of(now),
            until_date=day_of(now),
            expires_at=now + timedelta(days=180),
            frozen_minor=6_000_000,
            interest_minor=600,
            document="x",
        )
        made.put_at(case.place_code)
        made.save(force_insert=True)
        return made

    def shift(self, book, a, b, minor, case, victim=None, part=Part.PRINCIPAL, account=True):
        return shift(
            book,
            a,
            b,
            minor,
            case_id=case.id,
            place_code=case.place_code,
            victim_id=victim,
            account_id=self.freeze.account_id if account else None,
            part=part,
        )

    def _return(self):
        now, case, frz = self.world.now, self.cases[0], self.freeze
        H = Book.HOLDINGS
        ret = FundReturn(
            id=new_id(now),
            number="R1",
            case=case,
            status="decided",
            basis="traced_share",
            method="direct_else_proportional",
            pack_id=case.pack_id,
            pack_version=case.pack_version,
            opened_by=self.funds,
            opened_at=now,
            decision_number="福州仓山公（反诈）刑返字〔2026〕1号",
            decided_by=self.boss,
            decided_at=now,
        )
        ret.put_at(case.place_code)
        ret.save(force_insert=True)
        ret.division = Division.objects.create(
            id=new_id(now), fund_return=ret, status="done", asked_by=self.funds, asked_at=now
        )
        ret.save()
        fund = ReturnFund.objects.create(
            id=new_id(now),
            fund_return=ret,
            freeze=frz,
            account=frz.account,
            principal_minor=6_000_000,
            interest_minor=600,
        )
        legs = [
            *self.shift(H, Kind.BANK, Kind.FROZEN, 6_000_000, case),
            *self.shift(H, Kind.BANK, Kind.FROZEN, 600, case, part=Part.INTEREST),
        ]
        for no, (one, share) in enumerate(zip(self.cases, SHARES, strict=True)):
            self._claim(fund, one, f"621700001000123450{no}", share)
            legs += self._attributed(one, *share)
        post(
            "begin",
            legs,
            once="begin",
            case_id=case.id,
            place_code=case.place_code,
            ref=("case", case.id),
            acting=SYSTEM,
            now=now,
        )
        return ret

    def _claim(self, fund: ReturnFund, case: Case, number: str, share: tuple[int, int]) -> None:
        """A verified claim of a case's victim with its share of the fund."""
        now, ret = self.world.now, fund.fund_return
        claim = Claim(
            id=new_id(now),
            fund_return=ret,
            case=case,
            victim=case.victim,
            status="verified",
            loss_minor=case.payments.get().amount_minor,
            destination=resolve_accounts([(number, "ccb")], now=now)[number],
            destination_bank="ccb",
            destination_name=Sealed.of("name", "林晓梅"),
            added_at=now,
            notified_at=now,
            applied_at=now,
            verified_at=now,
        )
        claim.put_at(case.place_code)
        claim.save(force_insert=True)
        Allocation.objects.create(
            division=ret.division,
            method=ret.method,
            fund_return=ret,
            fund=fund,
            claim=claim,
            principal_minor=share[0],
            interest_minor=share[1],
        )

    def _attributed(self, case: Case, principal: int, interest: int) -> list[Any]:
        """The postings of the decision about one claim."""
        held, lost = Book.HOLDINGS, Book.CLAIMS
        victim = case.victim_id
        return [
            *self.shift(held, Kind.FROZEN, Kind.ATTRIBUTED, principal, self.cases[0], victim),
            *self.shift(held, Kind.FROZEN, Kind.ATTRIBUTED, interest, self.cases[0], victim, Part.INTEREST),
            *self.shift(lost, Kind.OUTSTANDING, Kind.ATTRIBUTED, principal, case, victim),
        ]

    def seen(self, row: Any) -> Any:
        rows = type(row).objects
        rows = rows.for_system("the test looks") if hasattr(rows, "for_system") else rows
        return rows.get(id=row.id)

    def prove(self):
        """Every law of the money holds."""
        found = prove(self.auditor)
        assert all(each.ok for each in found), [each for each in found if not each.ok]

    def lapse_books(self):
        self.freeze = self.seen(self.freeze)
        legs = [
            *self.shift(Book.HOLDINGS, Kind.FROZEN, Kind.LAPSED, self.freeze.frozen_minor, self.cases[0]),
            *self.shift(
                Book.HOLDINGS,
                Kind.FROZEN,
                Kind.LAPSED,
                self.freeze.interest_minor,
                self.cases[0],
                part=Part.INTEREST,
            ),
        ]
        post(
            "lapse",
            legs,
            once="lapse",
            case_id=self.cases[0].id,
            place_code=self.cases[0].place_code,
            ref=("freeze", self.freeze.id),
            acting=SYSTEM,
            now=self.world.now,
        )
        self.freeze.status, self.freeze.frozen_minor, self.freeze.interest_minor = "lapsed", 0, 0
        self.freeze.save()

    def give_back(self) -> None:
        """Take the shares back."""

        take_back(
            case_id=self.cases[0].id,
            account_id=self.freeze.account_id,
            ref=("freeze", self.freeze.id),
            acting=SYSTEM,
            now=self.world.now,
        )

    def complete(self) -> None:
        """As the next act does: nothing is left to pay."""

        r = self.seen(self.fund_return)
        if r.status == "ordered":
            settle(r, Payout.objects.for_system("t").first(), acting=SYSTEM, now=self.world.now)
            r.save()

    def claims(self):
        return list(Claim.objects.for_system("t").filter(fund_return=self.fund_return).order_by("id"))


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """Expects a refusal with this code."""
    with pytest.raises(YipanqiError) as caught:
        yield
    assert caught.value.code == code
