"""The table of officers. Who may do what is `casework.authority`'s; signing in is in `services`.

An officer's name is public at work and is stored as plain text; the typed username of a failed sign-in is never kept.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.staff.enums import Language


class Officer(AbstractBaseUser):
    """A person who signs in. `roles` and `group` are catalog codes, `unit` is where the officer serves.

    Five failures in a row set `locked_until`; the count starts anew with the lock. With `must_change`
    the password is one that somebody else has seen: no page opens before it is changed. There are no Django
    permissions and no `last_login`: the journal says when somebody signed in.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    unit = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="+")
    group = models.CharField(max_length=16, blank=True)
    roles = models.JSONField(default=list)
    language = models.CharField(max_length=8, default=Language.CHINESE.value)
    is_active = models.BooleanField(default=True)
    must_change = models.BooleanField(default=False)
    failed_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    last_login = None

    objects: ClassVar[BaseUserManager["Officer"]] = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    @property
    def scope_code(self) -> str:
        """The place whose rows, with all below it, this officer sees."""
        return self.unit_id
