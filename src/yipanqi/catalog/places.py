"""Reads the table of jurisdictions and refuses one whose tree does not hold together.

For: `data/jurisdictions.csv` (columns code, tier, parent, name_zh, name_en, population) → places by code.
Every error names file, row, column and reason. Leaves alone: making the table (tools/make_jurisdictions.py),
what a code means (kernel.places) and who may see which place (casework.authority).
"""

import csv
import io
from collections.abc import Mapping
from types import MappingProxyType

from yipanqi.catalog.items import CatalogError, Place, Text
from yipanqi.catalog.reading import read_text
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, parent_code, tier_of

COLUMNS = ["code", "tier", "parent", "name_zh", "name_en", "population"]


def read_places(name: str) -> Mapping[str, Place]:
    """The places of a CSV file of this package, by code, in file order. Raises CatalogError."""
    return parse_places(name, read_text(name))


def parse_places(name: str, text: str) -> Mapping[str, Place]:
    """The places in `text`; `name` is only used in errors. Raises CatalogError."""
    rows = csv.DictReader(io.StringIO(text))
    if rows.fieldnames != COLUMNS:
        raise CatalogError(f"{name} row 1: the header must be {','.join(COLUMNS)}")
    places: dict[str, Place] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{name} row {number}"
        if None in row or None in row.values():
            raise CatalogError(f"{where}: does not have {len(COLUMNS)} columns")
        place = _place(row, where)
        if place.code in places:
            raise CatalogError(f"{where}: code: {place.code} is given twice")
        if place.parent and place.parent not in places:
            raise CatalogError(f"{where}: parent: {place.parent} does not stand above this row")
        places[place.code] = place
    if not places:
        raise CatalogError(f"{name} row 1: holds no places")
    return MappingProxyType(places)


def _place(row: dict[str, str], where: str) -> Place:
    code, population = row["code"], row["population"]
    try:
        tier, parent = tier_of(code), parent_code(code) or ""
    except YipanqiError as error:
        raise CatalogError(f"{where}: code: {error}") from error
    for column, given, wanted in (("tier", row["tier"], tier.value), ("parent", row["parent"], parent)):
        if given != wanted:
            raise CatalogError(f"{where}: {column}: {given!r} should be {wanted!r}, by the code {code}")
    for column in ("name_zh", "name_en"):
        if not row[column].strip():
            raise CatalogError(f"{where}: {column}: is blank")
    if population and not (population.isascii() and population.isdigit()):
        raise CatalogError(f"{where}: population: {population!r} is not a whole number")
    return Place(
        code=code,
        tier=Tier(tier),
        parent=parent,
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        population=int(population) if population else None,
    )
