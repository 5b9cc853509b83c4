"""Writing subjects: resolving the people and accounts of incoming rows, and journaled unmasking."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import lies_below
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.jurisdictions.scoping import place_columns
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account, Link, Person, Phone
from yipanqi.ops.subjects.queries import access_person
from yipanqi.ops.subjects.rules import bank_of
from yipanqi.ops.vault.fields import Sealed, blind_index

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REVEALABLE = ("name", "phone", "id_number", "address")


@dataclass(frozen=True)
class PersonFacts:
    """What a row says of a person, already in normal form; empty text where it says nothing."""

    name: str
    phone: str
    id_number: str
    place_code: str
    age: int | None = None
    sex: str = ""
    address: str = ""


def lock_identities(people: Sequence[PersonFacts]) -> None:
    """Hold these people until the transaction ends, so that two intakes of one person follow each other.

    Advisory locks over the hashed phone and ID number indexes, taken in one order everywhere.
    """
    indexes = {blind_index("phone", p.phone) for p in people}
    indexes |= {blind_index("id_number", p.id_number) for p in people if p.id_number}
    keys = sorted(int(index[-15:], 16) for index in indexes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def lock_people(people: Iterable[Person]) -> None:
    """Hold these stored people until the transaction ends: rows that share neither phone nor ID number meet here."""
    wanted = [person.id for person in people]
    if wanted:
        rows = Person.objects.for_system("intake locks people by id").filter(id__in=wanted)
        list(rows.order_by("id").select_for_update(no_key=True).values_list("id"))


def resolve_people(people: Sequence[PersonFacts], *, now: datetime) -> tuple[list[Person], set[uuid.UUID]]:
    """One stored person per entry, in order: found by ID number, else by phone, else created; ids of those found.

    A person known only by phone takes the ID number on when a row brings both, and everybody the latest address given:
    people move, and a visit goes to where they live now. Call under `lock_identities`.
    """
    ids = {p.id_number: blind_index("id_number", p.id_number) for p in people if p.id_number}
    phones = {p.phone: blind_index("phone", p.phone) for p in people}
    stored = Person.objects.for_system("intake finds people across all places")
    by_id = {p.id_index: p for p in stored.filter(id_index__in=ids.values())} if ids else {}
    by_phone: dict[str, list[Person]] = {}
    for person in stored.filter(phone_index__in=phones.values()).order_by("created_at"):
        by_phone.setdefault(person.phone_index, []).append(person)

    created: list[Person] = []
    identified: dict[uuid.UUID, Person] = {}
    moved: dict[uuid.UUID, Person] = {}
    result = []
    for facts in people:
        id_index, phone_index = ids.get(facts.id_number, ""), phones[facts.phone]
        known = by_phone.setdefault(phone_index, [])
        person = by_id.get(id_index) if id_index else (known[-1] if known else None)
        if person is None and id_index:
            person = next((p for p in known if not p.id_index), None)
            if person is not None:
                person.id_index, person.id_number = id_index, Sealed.of("id_number", facts.id_number)
                by_id[id_index] = identified[person.id] = person
        if person is None:
            person = _new_person(facts, id_index, phone_index, now)
            created.append(person)
            known.append(person)
            if id_index:
                by_id[id_index] = person
        elif facts.address and facts.address != person.address.reveal():
            person.address = Sealed.of("address", facts.address)
            moved[person.id] = person
        result.append(person)
    Person.objects.bulk_create(created, batch_size=1000)
    new_ids = {person.id for person in created}
    for changed, fields in ((identified, ["id_index", "id_number"]), (moved, ["address"])):
        Person.objects.write_back([changed[id_] for id_ in sorted(changed.keys() - new_ids)], fields)
    return result, {person.id for person in result} - new_ids


def refine_places(named: Sequence[tuple[Person, str]]) -> None:
    """Move each person to the place a row names when it lies inside the place known so far; saved and on the objects.

    A place beside or above the known one changes nothing, so nobody who could see a person loses sight of them.
    Call under `lock_identities` and `lock_people`.
    """
    finer = [(person, code) for person, code in named if lies_below(code, person.place_code)]
    if not finer:
        return
    rows = Person.objects.for_system("intake refines places").filter(
        id__in={person.id for person, _ in finer}
    )
    stored = dict(rows.values_list("id", "place_code"))  # read again: the locks may have been waited for
    places = dict(stored)
    for person, code in finer:
        if lies_below(code, places[person.id]):
            places[person.id] = code
    for person, _ in named:
        if person.id in places:
            person.put_at(places[person.id])
    for person_id, code in sorted(places.items()):
        if code != stored[person_id]:
            rows.filter(id=person_id).update(place_code=code, **place_columns(code))


def _new_person(facts: PersonFacts, id_index: str, phone_index: str, now: datetime) -> Person:
    person = Person(
        id=new_id(now),
        identity=id_index or phone_index,
        name=Sealed.of("name", facts.name),
        phone=Sealed.of("phone", facts.phone),
        phone_index=phone_index,
        id_number=Sealed.of("id_number", facts.id_number),
        id_index=id_index,
        address=Sealed.of("address", facts.address),
        age=facts.age,
        sex=facts.sex,
        created_at=now,
    )
    person.put_at(facts.place_code)
    return person


def resolve_accounts(numbers: Sequence[tuple[str, str]], *, now: datetime) -> dict[str, Account]:
    """Accounts by number for (number, bank) pairs in normal form; unknown ones are created, races included."""
    wanted = {number: (blind_index("account", number), bank) for number, bank in numbers if number}
    if not wanted:
        return {}
    indexes = [index for index, _ in wanted.values()]
    found = {a.number_index: a for a in Account.objects.filter(number_index__in=indexes)}
    missing = sorted((index, number) for number, (index, _) in wanted.items() if index not in found)
    if missing:
        Account.objects.bulk_create(
            [
                Account(
                    id=new_id(now),
                    number=Sealed.of("account", number),
                    number_index=index,
                    bank=wanted[number][1],
                    bank_code=bank_of(wanted[number][1]),
                    created_at=now,
                )
                for index, number in missing
            ],
            ignore_conflicts=True,
        )
        found |= {a.number_index: a for a in Account.objects.filter(number_index__in=[i for i, _ in missing])}
    return {number: found[index] for number, (index, _) in wanted.items()}


def resolve_phones(numbers: Iterable[str], *, now: datetime) -> dict[str, Phone]:
    """Phones by number in normal form; unknown ones are created, races included."""
    wanted = {number: blind_index("phone", number) for number in numbers}
    new = [
        Phone(id=new_id(now), number=Sealed.of("phone", number), number_index=index, created_at=now)
        for number, index in sorted(wanted.items())
    ]
    Phone.objects.bulk_create(new, ignore_conflicts=True)
    found = {phone.number_index: phone for phone in Phone.objects.filter(number_index__in=wanted.values())}
    return {number: found[index] for number, index in wanted.items()}


def resolve_links(addresses: Iterable[str], *, now: datetime) -> dict[str, Link]:
    """Links by address in normal form; unknown ones are created, races included."""
    wanted = {address: blind_index("link", address) for address in addresses}
    new = [
        Link(id=new_id(now), address=Sealed.of("link", address), address_index=index, created_at=now)
        for address, index in sorted(wanted.items())
    ]
    Link.objects.bulk_create(new, ignore_conflicts=True)
    found = {link.address_index: link for link in Link.objects.filter(address_index__in=wanted.values())}
    return {address: found[index] for address, index in wanted.items()}


class FieldNotRevealable(YipanqiError):
    """Only the declared personal fields can be unmasked."""

    code = "field_unknown"


@transaction.atomic
def unmask_person(*, officer: "Officer", person_id: uuid.UUID, field: str, ground: str, now: datetime) -> str:
    """The plain value of one personal field; the look is journaled in the same transaction."""
    person = access_person(officer, person_id, act="person.unmask")
    return unmask_met(
        officer=officer,
        met=person,
        field=field,
        subject_id=person.id,
        place_code=person.place_code,
        ground=ground,
        now=now,
    )


@transaction.atomic
def unmask_account(
    *,
    officer: "Officer",
    account: Account,
    subject_id: uuid.UUID,
    place_code: str,
    ground: str,
    now: datetime,
) -> str:
    """The plain number of an account the officer met on an object (`subject_id`) whose gate they passed; journaled."""
    return unmask_met(
        officer=officer, met=account, subject_id=subject_id, place_code=place_code, ground=ground, now=now
    )


@transaction.atomic
def unmask_met(
    *,
    officer: "Officer",
    met: Person | Account | Phone | Link,
    field: str = "",
    subject_id: uuid.UUID,
    place_code: str,
    ground: str,
    now: datetime,
) -> str:
    """The plain value of whatever the officer met on an object (`subject_id`) whose gate they passed; journaled.

    Of a person one `field`; of an account or a phone its number, of a link its address.
    """
    require(officer, "person.unmask")
    kind = type(met).__name__.lower()
    if isinstance(met, Person):
        if field not in REVEALABLE:
            raise FieldNotRevealable(f"{field!r} is not a field that can be unmasked", field=field)
        value, seen = getattr(met, field), {"field": field}
    else:
        value, seen = met.address if isinstance(met, Link) else met.number, {"subject_id": str(subject_id)}
    draft = Draft(
        f"{kind}.unmasked",
        as_actor(officer),
        kind,
        str(met.id),
        now,
        place_code=place_code,
        payload={f"{kind}_id": str(met.id), **seen},
        ground=ground,
    )
    write_entry(draft)
    return str(value.reveal())
