"""Reading policy packs, and giving the pack and version that was asked for or was in force.

For: the files under `packs/`, one per version of a pack (`CN.yaml`, later `CN-2026.2.yaml` beside it), each checked
against `PACK_KEYS`; every refusal names file, line, field and reason. Leaves alone: what the values are for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from yipanqi.catalog.calendars import calendars
from yipanqi.catalog.items import CatalogError, FieldName, SecondPerson
from yipanqi.catalog.packs import PACK_KEYS, Kind, PackHead, PolicyError, PolicyPack, PolicyValue
from yipanqi.catalog.reading import Reader, compose, read_items, read_text
from yipanqi.kernel.durations import Period

if TYPE_CHECKING:
    from yipanqi.catalog.reading import AnyNode

_LITERAL: Any = Literal
_TUPLE: Any = tuple
_TYPES: dict[Kind, Any] = {
    "duration": timedelta,
    "period": Period,
    "periods": _TUPLE[Period, ...],
    "count": int,
    "flag": bool,
    "second_person": SecondPerson,
}
_SOURCE = re.compile(r"S:(?P<key>[A-Z0-9]+)(?: [0-9]+)?|M \.[0-9]+|D(?: \.[0-9]+)?")
_FILE = re.compile(r"(?P<id>[A-Z]{2})(?:-[0-9.]+)?\.yaml")


@cache
def choice_names() -> Mapping[str, FieldName]:
    """Names of the words that a choice of a pack may be."""
    return read_items("choices.yaml", FieldName)


@cache
def citations() -> Mapping[str, FieldName]:
    """What was read: the full names of the keys behind `S:` in a value's source."""
    return read_items("citations.yaml", FieldName)


@cache
def policies() -> tuple[PolicyPack, ...]:
    """Every version of every pack: by id, the newest first. Raises CatalogError for a file that does not fit."""
    folder = files("yipanqi.catalog").joinpath("packs")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    return in_order([parse_pack(name, read_text(f"packs/{name}")) for name in names])


def in_order(packs: Sequence[PolicyPack]) -> tuple[PolicyPack, ...]:
    """By id, the newest first. Raises CatalogError for a version given twice, or two that begin on one day."""
    versions = [(pack.id, pack.version) for pack in packs]
    beginnings = [(pack.id, pack.effective_from.isoformat()) for pack in packs]
    for marks in (versions, beginnings):
        for pack_id, mark in marks:
            if marks.count((pack_id, mark)) > 1:
                raise CatalogError(f"packs: two files of {pack_id} hold {mark}")
    newest_first = sorted(packs, key=lambda pack: pack.effective_from, reverse=True)
    return tuple(sorted(newest_first, key=lambda pack: pack.id))


def policy(pack_id: str, version: str | None = None, *, at: datetime | None = None) -> PolicyPack:
    """The pack in that version; without one the newest, or the newest in force `at` an aware instant.

    Raises PolicyError `policy_unknown` when there is none.
    """
    known = [pack for pack in policies() if pack.id == pack_id]
    fitting = [
        pack for pack in known if version in (None, pack.version) and (at is None or pack.in_force(at))
    ]
    if fitting:
        return fitting[0]
    if known:
        asked = f"version {version}" if version else "version in force then"
        versions = ", ".join(pack.version for pack in known)
        raise PolicyError(f"the policy pack {pack_id} has no {asked}; known are {versions}", pack=pack_id)
    ids = ", ".join(sorted({pack.id for pack in policies()}))
    raise PolicyError(f"there is no policy pack {pack_id[:32]!r}; known are {ids}", pack=pack_id[:32])


def parse_pack(name: str, text: str) -> PolicyPack:
    """The pack in `text`; `name` is its file's. Raises CatalogError naming file, line, field and reason."""
    reader = Reader(f"packs/{name}")
    root = compose(reader.name, text)
    parts = reader.pairs(root, "the file")
    for part, (key, _) in parts.items():
        if part not in ("pack", "values"):
            reader.refuse(key, part, "unknown field; known are pack, values")
    for part in ("pack", "values"):
        if part not in parts:
            reader.refuse(root, part, "is missing")
    head = _head(reader, parts["pack"][1], name)
    values = _values(reader, parts["values"][1])
    return PolicyPack(**{each.name: getattr(head, each.name) for each in fields(PackHead)}, values=values)


def _head(reader: Reader, node: "AnyNode", name: str) -> PackHead:
    head = reader.item(node, PackHead, "pack")
    named = _FILE.fullmatch(name)
    if named is None or named["id"] != head.id:
        reader.refuse(
            node,
            "pack.id",
            f"{head.id!r} does not fit the file's name, as CN fits CN.yaml and CN-2026.2.yaml",
        )
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", head.version):
        reader.refuse(node, "pack.version", f"{head.version!r} is not numbers with dots, such as 2026.1")
    if head.effective_to is not None and head.effective_to < head.effective_from:
        reader.refuse(node, "pack.effective_to", "lies before effective_from")
    if not re.fullmatch(r"[A-Z]{3}", head.currency):
        reader.refuse(node, "pack.currency", f"{head.currency!r} is not a code of ISO 4217, such as CNY")
    if head.calendar not in calendars():
        reader.refuse(
            node,
            "pack.calendar",
            f"there is no calendar {head.calendar!r}; known are {', '.join(calendars())}",
        )
    try:
        ZoneInfo(head.time_zone)
    except (ValueError, OSError, KeyError):
        reader.refuse(node, "pack.time_zone", f"{head.time_zone!r} is not a time zone, such as Asia/Shanghai")
    return head


def _values(reader: Reader, node: "AnyNode") -> Mapping[str, PolicyValue]:
    pairs = reader.pairs(node, "values")
    values: dict[str, PolicyValue] = {}
    for code, (key_node, value_node) in pairs.items():
        if code not in PACK_KEYS:
            reader.refuse(
                key_node, f"values.{code}", "unknown key; PACK_KEYS in packs.py names those there are"
            )
        values[code] = _value(reader, value_node, code)
    targets = values["stop.targets"].value if "stop.targets" in values else ()
    assert isinstance(targets, tuple)
    for code, key in PACK_KEYS.items():
        needed, without = key.required, ""
        if key.target:
            needed, without = key.target in targets, f"stop.targets does not name {key.target}"
        elif key.family:
            needed, without = key.family in values, f"the pack holds no {key.family}"
        if needed and code not in values:
            reader.refuse(node, f"values.{code}", "is missing")
        if without and not needed and code in values:
            reader.refuse(pairs[code][0], f"values.{code}", without)
    return MappingProxyType({code: values[code] for code in PACK_KEYS if code in values})


def _value(reader: Reader, node: "AnyNode", code: str) -> PolicyValue:
    where, key = f"values.{code}", PACK_KEYS[code]
    wanted = _TYPES.get(key.kind) or _LITERAL[key.choices]
    if key.kind == "choices":
        wanted = _TUPLE[wanted, ...]
    item = reader.item(node, PolicyValue, where, code=code, types={"value": wanted})
    if isinstance(item.value, tuple) and (not item.value or len(set(item.value)) < len(item.value)):
        reader.refuse(node, f"{where}.value", "must name at least one, and none twice")
    if item.value == timedelta(0) or (key.kind == "count" and isinstance(item.value, int) and item.value < 1):
        reader.refuse(node, f"{where}.value", "must be more than nothing")
    if key.kind == "periods" and not _falling(item.value):
        reader.refuse(node, f"{where}.value", "must count one unit, the longest first")
    for part in item.sources:
        read = _SOURCE.fullmatch(part)
        if read is None:
            reader.refuse(
                node, f"{where}.source", f"{part!r} is none of S:KEY, S:KEY article, M .NN, D and D .NN"
            )
        if read["key"] and read["key"] not in citations():
            reader.refuse(node, f"{where}.source", f"{read['key']} does not stand in citations.yaml")
    if item.verified and not item.source.startswith("S:"):
        reader.refuse(node, f"{where}.verified", "only what was read in a source (S:…) is verified")
    return item


def _falling(value: object) -> bool:
    """Whether periods count one unit and each is shorter than the one before."""
    periods = [each for each in value if isinstance(each, Period)] if isinstance(value, tuple) else []
    return all(
        longer.unit is shorter.unit and longer.count > shorter.count for longer, shorter in pairwise(periods)
    )
