"""Sealed values: encrypted in the column, masked when printed, refused when not sealed first."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from yipanqi.kernel.ids import new_id
from yipanqi.ops.subjects.models import Person
from yipanqi.ops.vault.fields import Sealed, SealedField, blind_index

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_printing_a_sealed_value_gives_its_mask_only() -> None:
    value = Sealed.of("phone", "13812342207")
    assert str(value) == f"{value}" == value.masked == "138****2207"
    assert repr(value) == "Sealed(phone)"
    assert "13812342207" not in f"{value!r} {value.token} {value!s}"
    assert value.reveal() == "13812342207"


def test_an_empty_value_stays_empty() -> None:
    value = Sealed.of("name", "")
    assert not value
    assert (value.token, str(value), value.reveal()) == ("", "", "")
    assert blind_index("phone", "") == ""


def test_a_field_refuses_plain_text_and_does_not_repeat_it() -> None:
    field = SealedField(kind="phone")
    field.set_attributes_from_name("phone")
    with pytest.raises(TypeError) as refused:
        field.get_prep_value("13812342207")
    assert "13812342207" not in str(refused.value)


def _person() -> Person:
    person = Person(
        id=new_id(NOW),
        identity="hs256.k1.test",
        name=Sealed.of("name", "王小明"),
        phone=Sealed.of("phone", "13812342207"),
        phone_index=blind_index("phone", "13812342207"),
        created_at=NOW,
    )
    person.put_at("350104")
    return person


@pytest.mark.django_db
def test_a_row_comes_back_sealed_and_the_column_holds_no_plain_text() -> None:
    _person().save(force_insert=True)
    read = Person.objects.for_system("test").get(phone_index=blind_index("phone", "13812342207"))
    assert (str(read.name), read.name.reveal(), read.id_number.reveal()) == ("王*明", "王小明", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM subjects_person p")
        raw = cursor.fetchone()[0]
    assert "王小明" not in raw
    assert "13812342207" not in raw


@pytest.mark.django_db
def test_a_row_with_plain_text_in_it_is_not_saved() -> None:
    person = _person()
    person.phone = "13812342207"
    with pytest.raises(TypeError), transaction.atomic():
        person.save(force_insert=True)
    assert not Person.objects.for_system("test").exists()
