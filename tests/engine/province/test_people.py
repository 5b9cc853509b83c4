"""Residents: valid shapes in ranges never issued, homes in the catalog, nobody twice."""

from yipanqi import catalog
from yipanqi.engine.narrative import identifiers
from yipanqi.engine.province import Province


def test_numbers_are_valid_unique_and_of_never_issued_ranges(province: Province) -> None:
    for name in ("id", "phone", "id_number", "account"):
        assert len({getattr(resident, name) for resident in province.residents}) == len(province.residents)
    for resident in province.residents:
        assert resident.phone.startswith("140")
        assert resident.id_number.startswith("359")
        kinds = [
            found.kind for found in identifiers(f"{resident.id_number}，{resident.account}，{resident.phone}")
        ]
        assert kinds == ["id_number", "bank_card", "phone"]
        assert int(resident.id_number[16]) % 2 == (resident.sex == "M")
        assert resident.id_number[6:14] == f"{resident.birth_date:%Y%m%d}"


def test_homes_are_stations_all_over_the_province(province: Province) -> None:
    places = catalog.jurisdictions()
    assert all(places[resident.jurisdiction_code].tier == "station" for resident in province.residents)
    cities = {resident.jurisdiction_code[:4] for resident in province.residents}
    assert cities == {code[:4] for code, place in places.items() if place.tier == "city"}


def test_banks_are_the_catalogs(province: Province) -> None:
    assert {account.bank_code for account in province.accounts} <= set(catalog.banks())
