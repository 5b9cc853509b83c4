"""Reads a catalog file into typed items and refuses, in one clear line, whatever does not fit.

For: YAML files that map a code to the fields of one item dataclass, and, by `Reader`, files of another shape.
Every error names file, line, field and reason: a field the dataclass does not have, a missing field, a missing
or empty translation, a value of the wrong type, a code or key given twice, a value given twice where the
dataclass says `unique`. Leaves alone: what items mean. PyYAML is imported on first use only, so that commands
which need no catalog start fast.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, timedelta
from importlib.resources import files
from types import MappingProxyType, NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NoReturn,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from yipanqi.catalog.items import CatalogError, SecondPerson, Text, parse_second_person
from yipanqi.kernel.durations import Period, parse_duration, parse_period
from yipanqi.kernel.errors import YipanqiError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, ScalarNode, SequenceNode

    AnyNode: TypeAlias = MappingNode | ScalarNode | SequenceNode

T = TypeVar("T")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*")
_MAX_BYTES = 1_000_000
_WORDS: dict[Any, str] = {bool: "true or false", int: "a whole number", str: "non-blank text (quote figures)"}
_WRITTEN: dict[Any, Callable[[str], Any]] = {
    timedelta: parse_duration,
    Period: parse_period,
    SecondPerson: parse_second_person,
    date: date.fromisoformat,
}


def read_text(name: str) -> str:
    """The text of a file of this package, UTF-8. Raises CatalogError when it is absent or over 1 MB."""
    resource = files("yipanqi.catalog").joinpath(name)
    try:
        data = resource.read_bytes()
    except OSError as error:
        raise CatalogError(f"{name}: cannot be read ({error.strerror})") from error
    if len(data) > _MAX_BYTES:
        raise CatalogError(f"{name}: is larger than {_MAX_BYTES} bytes")
    return data.decode("utf-8")


def read_items(name: str, item_type: type[T]) -> Mapping[str, T]:
    """The items of one YAML file of this package, by code, in the file's order. Raises CatalogError."""
    return parse_items(name, read_text(name), item_type)


def parse_items(name: str, text: str, item_type: type[T]) -> Mapping[str, T]:
    """The items in `text`, by code; `name` is only used in errors. Raises CatalogError."""
    reader = Reader(name)
    items: dict[str, T] = {}
    for code, (key, value) in reader.pairs(compose(name, text), "the file").items():
        if not _CODE.fullmatch(code):
            reader.refuse(key, code, "a code is letters, digits, dots and underscores")
        items[code] = reader.item(value, item_type, code, code=code)
    if not items:
        raise CatalogError(f"{name} line 1: holds no items")
    return MappingProxyType(items)


def compose(name: str, text: str) -> "AnyNode":
    """The YAML nodes of `text`, which still know their lines. Raises CatalogError."""
    import yaml  # inline: PyYAML costs start-up time and most commands need no catalog

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node: AnyNode | None = yaml.compose(text, Loader=loader)  # type: ignore[assignment]  # always one of the three
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogError(f"{name} line {line}: is not YAML: {error.problem}") from error
    if node is None:
        raise CatalogError(f"{name} line 1: is empty")
    return node


class Reader:
    """Turns YAML nodes of one file into values of declared types, remembering what must be unique."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: dict[tuple[type, str, object], str] = {}

    def refuse(self, node: "AnyNode", where: str, reason: str) -> NoReturn:
        """Raise CatalogError naming file, line, field and reason."""
        line = node.start_mark.line + 1
        raise CatalogError(
            f"{self.name} line {line}: {where}: {reason}", file=self.name, line=line, field=where
        )

    def pairs(self, node: "AnyNode", where: str) -> dict[str, tuple["AnyNode", "AnyNode"]]:
        """Key → (key node, value node) of a mapping; refuses anything else and keys given twice."""
        if node.id != "mapping":
            self.refuse(node, where, "must be a mapping")
        found: dict[str, tuple[AnyNode, AnyNode]] = {}
        for key, value in node.value:
            if key.id != "scalar":
                self.refuse(key, where, "a key must be plain text")
            if key.value in found:
                self.refuse(key, f"{where}.{key.value}", "is given twice")
            found[key.value] = (key, value)
        return found

    def item(
        self,
        node: "AnyNode",
        item_type: type[T],
        where: str,
        *,
        code: str | None = None,
        types: Mapping[str, Any] = MappingProxyType({}),
    ) -> T:
        """One dataclass instance out of a mapping node; `code`, when given, becomes the item's code.

        `types` narrows declared types of fields, where another field or the code settles them.
        """
        pairs = self.pairs(node, where)
        declared: dict[str, Field[Any]] = {each.name: each for each in fields(item_type)}  # type: ignore[arg-type]
        if code is not None:
            del declared["code"]
        for name, (key, _) in pairs.items():
            if name not in declared:
                self.refuse(key, f"{where}.{name}", f"unknown field; known are {', '.join(declared)}")
        types = {**get_type_hints(item_type), **types}
        values: dict[str, Any] = {} if code is None else {"code": code}
        for name, each in declared.items():
            if name not in pairs:
                if each.default is MISSING and each.default_factory is MISSING:
                    self.refuse(node, f"{where}.{name}", "is missing")
                continue
            value_node = pairs[name][1]
            values[name] = self.value(value_node, types[name], f"{where}.{name}")
            if each.metadata.get("unique"):
                self.once(value_node, item_type, name, values[name], f"{where}.{name}")
        return item_type(**values)

    def once(self, node: "AnyNode", item_type: type, name: str, value: object, where: str) -> None:
        first = self.seen.setdefault((item_type, name, value), where)
        if first != where:
            self.refuse(node, where, f"holds {value!r}, which {first} holds already")

    def value(self, node: "AnyNode", wanted: Any, where: str) -> Any:
        """The node as a value of the declared type. Raises CatalogError when it is not one."""
        origin = get_origin(wanted)
        if origin in (Union, UnionType):
            if node.id == "scalar" and node.tag.endswith(":null"):
                return None
            wanted = next(each for each in get_args(wanted) if each is not NoneType)
            return self.value(node, wanted, where)
        if origin is tuple:
            return self.sequence(node, get_args(wanted)[0], where)
        if origin is dict:
            kind = get_args(wanted)[1]
            return {k: self.value(v, kind, f"{where}.{k}") for k, (_, v) in self.pairs(node, where).items()}
        if wanted is Text:
            return self.text(node, where)
        if is_dataclass(wanted) and wanted not in _WRITTEN:
            return self.item(node, wanted, where)  # type: ignore[arg-type]
        return self.scalar(node, wanted, where)

    def sequence(self, node: "AnyNode", wanted: Any, where: str) -> tuple[Any, ...]:
        if node.id != "sequence":
            self.refuse(node, where, "must be a list")
        return tuple(self.value(each, wanted, f"{where}[{n}]") for n, each in enumerate(node.value))

    def text(self, node: "AnyNode", where: str) -> Text:
        """A bilingual text: both languages there, not blank, and with the same placeholders."""
        text = self.item(node, Text, where)
        try:
            zh, en = (Text(zh=words, en=words).placeholders() for words in (text.zh, text.en))
        except ValueError as error:
            self.refuse(node, where, f"has a broken placeholder: {error}")
        if zh != en:
            self.refuse(node, where, f"zh and en differ in placeholders: {', '.join(sorted(zh ^ en))}")
        return text

    def scalar(self, node: "AnyNode", wanted: Any, where: str) -> Any:
        if node.id != "scalar" or node.tag.endswith(":null"):
            self.refuse(node, where, "must be one value")
        tag = node.tag.rsplit(":", 1)[-1]
        raw: str = node.value
        if get_origin(wanted) is Literal:
            if raw not in get_args(wanted):
                self.refuse(node, where, f"{raw!r} is none of {', '.join(get_args(wanted))}")
            return raw
        if wanted in _WRITTEN:
            return self.written(node, _WRITTEN[wanted], where)
        if wanted is bool and tag == "bool" and raw in ("true", "false"):
            return raw == "true"
        if wanted is int and tag == "int" and re.fullmatch(r"-?(0|[1-9][0-9]*)", raw):
            return int(raw)
        if wanted is str and tag == "str" and raw.strip():
            return raw
        self.refuse(node, where, f"{raw!r} is not {_WORDS.get(wanted, 'a value of the declared type')}")

    def written(self, node: "AnyNode", parse: Callable[[str], Any], where: str) -> Any:
        try:
            return parse(str(node.value))
        except (YipanqiError, ValueError) as error:
            self.refuse(node, where, str(error))
