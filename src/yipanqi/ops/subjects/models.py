"""Tables of subjects. Personal fields are sealed; look-up goes through keyed blind indexes."""

from django.db import models

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.vault.fields import SealedField


class Person(Placed):
    """A resident a warning or report speaks of.

    `identity` is the blind index that makes the person one: of the ID number where it is known, else of the phone.
    """

    id = models.UUIDField(primary_key=True)
    identity = models.CharField(max_length=96, unique=True)
    name = SealedField(kind="name")
    phone = SealedField(kind="phone")
    phone_index = models.CharField(max_length=96, blank=True, db_index=True)
    id_number = SealedField(kind="id_number")
    id_index = models.CharField(max_length=96, blank=True, db_index=True)
    age = models.SmallIntegerField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    created_at = models.DateTimeField()


class Account(models.Model):
    """A payment account, known by its number; the holder's bank as the partner named it."""

    id = models.UUIDField(primary_key=True)
    number = SealedField(kind="account")
    number_index = models.CharField(max_length=96, unique=True)
    bank = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
