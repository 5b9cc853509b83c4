"""Tables of the money ledger: `MoneyEntry`, one act's posting, and its `MoneyLeg`s, which sum to nothing.

Both are only ever inserted: a trigger refuses changes, and at commit another refuses an entry whose legs do not sum to
zero by book, part, case and place. There is no table of balances: a row for each would queue every act; sums are asked.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from yipanqi.ops.journal.models import CurrentTransaction
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.subjects.models import Account, Person


class MoneyEntry(Placed):
    """One posting. `once` names what was posted, so that it happens once; `xid` lets no later transaction add legs."""

    id = models.UUIDField(primary_key=True)
    xid = models.BigIntegerField(
        db_default=Cast(Cast(CurrentTransaction(), models.TextField()), models.BigIntegerField())
    )
    act = models.CharField(max_length=32)
    case_id = models.UUIDField()
    ref_kind = models.CharField(max_length=32)
    ref_id = models.UUIDField()
    once = models.CharField(max_length=96, unique=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["case_id", "recorded_at"], name="money_entry_case"),
            models.Index(fields=["recorded_at"], name="money_entry_day"),
        ]


class MoneyLeg(Placed):
    """One side of a shift: so much more or less on the balance of its book, kind, part, case, victim and account."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(MoneyEntry, on_delete=models.PROTECT, related_name="legs")
    book = models.CharField(max_length=1)
    kind = models.CharField(max_length=12)
    part = models.CharField(max_length=1)
    case_id = models.UUIDField()
    victim = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="money_leg_moves")]
        indexes = [
            models.Index(fields=["case_id"], name="money_leg_case"),
            models.Index(
                fields=["city_code", "book", "kind", "part"], include=["amount_minor"], name="money_leg_city"
            ),
        ]
