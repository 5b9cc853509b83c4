"""Tables of subjects. Personal fields are sealed; look-up goes through keyed blind indexes."""

from django.db import models

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.vault.fields import SealedField


class Person(Placed):
    """A resident a warning or report speaks of.

    `identity` is the blind index that makes the person one: of the ID number where it is known, else of the phone.
    `address` is where a visit goes, as the latest warning that named one gave it.
    """

    id = models.UUIDField(primary_key=True)
    identity = models.CharField(max_length=96, unique=True)
    name = SealedField(kind="name")
    phone = SealedField(kind="phone")
    phone_index = models.CharField(max_length=96, blank=True, db_index=True)
    id_number = SealedField(kind="id_number")
    id_index = models.CharField(max_length=96, blank=True, db_index=True)
    address = SealedField(kind="address")
    age = models.SmallIntegerField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    created_at = models.DateTimeField()


class Account(models.Model):
    """A payment account, known by its number.

    `bank` is the holder's bank as somebody named it, `bank_code` the catalog's once it is sure.
    """

    id = models.UUIDField(primary_key=True)
    number = SealedField(kind="account")
    number_index = models.CharField(max_length=96, unique=True)
    bank = models.CharField(max_length=64, blank=True)
    bank_code = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()


class Phone(models.Model):
    """A phone number that a case speaks of, a suspect's or another's: one row however many cases name it."""

    id = models.UUIDField(primary_key=True)
    number = SealedField(kind="phone")
    number_index = models.CharField(max_length=96, unique=True)
    created_at = models.DateTimeField()


class Link(models.Model):
    """An address on the net or an app that a case speaks of: one row however many cases name it."""

    id = models.UUIDField(primary_key=True)
    address = SealedField(kind="link")
    address_index = models.CharField(max_length=96, unique=True)
    created_at = models.DateTimeField()
