"""One test-world builder for unit, browser and benchmark tests: officers, partners, rows taken in, triaged and
sealed.

It calls the services the doors call, in the caller's process and database, under a virtual clock of its own.
Processes and HTTP are not its matter: the demo starts them. Importing it needs no database; `load` does.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.alerts.intake import TRIAGE_CHUNK, Channel, IntakeResult, take_in
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.reading import read_report
from yipanqi.ops.cases.services import report_case
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.services import issue_directive
from yipanqi.ops.journal.clock import set_clock
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.sealing import seal_once
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import as_actor, find_partner
from yipanqi.ops.partners.services import connect_partner, issue_key, register_partner
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.services import create_officer

START_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in the centre's zone
PROVINCE = "350000"
BUILDER = Actor(ActorKind.SYSTEM, "rehearsal")


class World:
    """A centre at one instant of a virtual clock, in the current database.

    Numbers of people and external ids count up, so two worlds with the same calls hold the same rows. Nothing of it
    is random. `load` once before anything else.
    """

    def __init__(self, *, now: datetime | None = None) -> None:
        self._now = now or START_AT
        self._rows = 0
        self._loaded = False

    @property
    def now(self) -> datetime:
        """The virtual instant this world stands at, in UTC."""
        return self._now

    def load(self) -> "World":
        """Load the tree of places and stand the centre's clock at `now`; the second time it does nothing."""
        if not self._loaded:
            load_jurisdictions()
            set_clock(virtual_at=self._now, acting=BUILDER)
            self._loaded = True
        return self

    def advance(self, by: timedelta) -> datetime:
        """Move the world's and the centre's clock forward; returns the new instant. Back raises `ClockMovedBack`."""
        set_clock(virtual_at=self._now + by, acting=BUILDER)
        self._now += by
        return self._now

    def officer(
        self,
        username: str = "op",
        *,
        roles: Sequence[str] = ("operator",),
        unit: str = PROVINCE,
        group: str = "squad",
        password: str | None = None,
        name: str = "",
        language: str = "zh-hans",
    ) -> Officer:
        """An officer of `unit`; without a password nobody signs in, but `force_login` and services work."""
        self.load()
        return create_officer(
            username=username,
            password=password,
            name=name or f"警员{username}",
            unit_code=unit,
            group=group,
            roles=list(roles),
            language=language,
            acting=BUILDER,
            now=self._now,
        )

    def partner(
        self, code: str = "ccb", *, source: str = "bank", scope: str = PROVINCE, rate: int = 1_000_000
    ) -> str:
        """Register a partner and return a key of its own, good for every act; `rate` counts rows a minute."""
        self.load()
        register_partner(
            code=code,
            name_zh=f"合作单位{code}",
            name_en=f"Partner {code}",
            source=source,
            scope_code=scope,
            rate_per_minute=rate,
            acting=BUILDER,
            now=self._now,
        )
        return issue_key(partner_code=code, acts=list(PartnerAct), acting=BUILDER, now=self._now)

    def bank(self, code: str = "ccb", *, endpoint: str = "", public_key: str = "") -> Partner:
        """A connected bank under its catalog code; without an address its door is one that nobody opens."""
        if find_partner(code) is None:
            self.partner(code)
        return connect_partner(
            code=code,
            endpoint=endpoint or f"http://127.0.0.1:9/{code}",
            public_key=public_key or "00" * 32,
            bank=code,
            acting=BUILDER,
            now=self._now,
        )

    def case(self, **overrides: Any) -> Case:
        """A case reported at a desk a minute after 50,000 yuan were paid; overrides are fields of the payment."""
        self._rows += 1
        paid_at = (self._now - timedelta(minutes=1)).isoformat()
        payment = {
            "payee_account": "6222021602001234567",
            "payee_name": "周二",
            "payee_bank": "ccb",
            "amount": "50000.00",
            "paid_at": paid_at,
        } | overrides
        report = {
            "occurred_at": paid_at,
            "person_name": "林晓梅",
            "person_phone": f"141{self._rows:08d}",
            "jurisdiction_code": "350104",
            "fraud_type": "T01",
            "text": "被害人称在网上做刷单任务，已按对方要求转账",
            "payments": [payment],
        }
        self.load()
        facts = read_report(report, scope_code=PROVINCE, now=self._now)
        return report_case(facts=facts, source=CaseSource.REPORT, acting=BUILDER, now=self._now)[0]

    def channel(self, code: str = "ccb") -> Channel:
        """The way this partner's rows come in; registers the partner when it is new."""
        partner = find_partner(code)
        if partner is None:
            self.partner(code)
            partner = Partner.objects.get(code=code)
        return Channel(partner.code, partner.source, partner.scope_id, as_actor(partner))

    def row(self, **overrides: Any) -> dict[str, Any]:
        """A valid intake row about a person not warned of before, happened a minute ago; None drops a field."""
        self._rows += 1
        number = self._rows
        row: dict[str, Any] = {
            "external_id": f"W{number:08d}",
            "occurred_at": (self._now - timedelta(minutes=1)).isoformat(),
            "person_name": "林晓梅",
            "person_phone": f"140{number:08d}",
            "jurisdiction_code": "350104",
            "text": "客户称在网上做刷单任务，先小额返利，现要求连单垫付本金后才能提现",
            "amount": "5000.00",
            "paid": "false",
        }
        return {name: value for name, value in (row | overrides).items() if value is not None}

    def directive_row(self, **overrides: Any) -> dict[str, Any]:
        """A valid row of a directive to a county, not given before; None drops a field."""
        self._rows += 1
        row: dict[str, Any] = {
            "external_id": f"D{self._rows:08d}",
            "kind": "verify_warning",
            "title": "核查林晓梅被骗预警",
            "text": "请核实林晓梅是否正在向陌生账户转账，并当面劝阻",
            "jurisdiction_code": "350104",
        }
        return {name: value for name, value in (row | overrides).items() if value is not None}

    def directive(self, issuer: Officer, **overrides: Any) -> Directive:
        """A directive that this officer issues now, with the fields of `directive_row`."""
        return issue_directive(row=self.directive_row(**overrides), acting_officer=issuer, now=self._now)[0]

    def take_in(self, rows: Sequence[object], code: str = "ccb") -> IntakeResult:
        """Take rows in as this partner's delivery, as the API does after its key check."""
        return take_in(list(rows), channel=self.channel(code), now=self._now)

    def triage(self) -> int:
        """Triage every alert still `received`, as the worker would; returns how many."""
        waiting: list[uuid.UUID] = list(
            Alert.objects.for_system("the builder triages what waits")
            .filter(status="received")
            .order_by("id")
            .values_list("id", flat=True)
        )
        for start in range(0, len(waiting), TRIAGE_CHUNK):
            triage_alerts(waiting[start : start + TRIAGE_CHUNK], now=self._now)
        return len(waiting)

    def seal(self) -> int:
        """Seal the journal until nothing committed is left; returns how many entries.

        What an open transaction wrote cannot be sealed: use it in tests that commit (`transaction=True`).
        """
        total = 0
        while sealed := seal_once(now=self._now):
            total += sealed
        return total
