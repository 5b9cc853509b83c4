"""Keep the interface in both languages whole: extract, check and compile the messages.

`update` reads every message out of the templates and the doors' Python and merges them into the
Chinese catalogue; `check` exits 1 and names file:line of a message without Chinese, and of text in a
template that bypasses translation; `compile` writes the .mo files. Needs Babel and Django's template
lexer, no gettext programs. Leaves alone the domain vocabulary: that lives in the catalog with both
languages.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "yipanqi"
TEMPLATES = SOURCE / "web" / "templates"
STATIC = SOURCE / "web" / "static"
LOCALES = SOURCE / "web" / "locale"
CHINESE = LOCALES / "zh_Hans" / "LC_MESSAGES" / "django.po"
DOORS = ("web", "wall", "public", "api", "config")

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
WORD = re.compile(r"[A-Za-z]{2,}")
UNSEEN = re.compile(
    r"{%\s*block\s+\w+_class\s*%}.*?{%\s*endblock\s*%}|{#.*?#}|{%-?\s*comment\b.*?{%\s*endcomment\s*%}"
    r"|{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{%.*?%}|{{.*?}}",
    re.S,
)
SPOKEN_ATTRIBUTES = {"title", "placeholder", "aria-label", "alt", "label"}
SILENT_TAGS = {"script", "style", "code", "kbd"}


def shown(path: Path, line: int) -> str:
    """Return `path:line` relative to the project, with forward slashes."""
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def template_files() -> list[Path]:
    """List the templates in a fixed order."""
    return sorted(TEMPLATES.rglob("*.html")) + sorted(TEMPLATES.rglob("*.txt"))


def python_files() -> list[Path]:
    """List the Python files of the doors that may speak to a person."""
    return sorted(path for door in DOORS for path in (SOURCE / door).rglob("*.py"))


def extracted() -> Catalog:
    """Return the catalogue of all messages that the source uses, with their places."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    catalog = Catalog(charset="utf-8")
    for path in template_files() + python_files():
        text = path.read_text("utf-8")
        code = text if path.suffix == ".py" else templatize(text, origin=str(path))
        for line, message, comments, context in extract(
            "python", BytesIO(code.encode()), KEYWORDS, ["Translators:"]
        ):
            place = (path.relative_to(ROOT).as_posix(), line)
            catalog.add(message, None, [place], auto_comments=comments, context=context)
    return catalog


def stored() -> Catalog:
    """Read the Chinese catalogue, or an empty one."""
    if not CHINESE.exists():
        return Catalog(locale="zh_Hans", charset="utf-8")
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def update() -> int:
    """Merge what the source uses into the Chinese catalogue; unused messages are dropped."""
    used, old = extracted(), stored()
    merged = Catalog(
        locale="zh_Hans",
        header_comment="# yipanqi: the interface in Chinese. Written by hand, kept whole by tools/messages.py.",
        project="yipanqi",
        version="0.1",
        last_translator="yipanqi",
        language_team="yipanqi",
        msgid_bugs_address="yipanqi",
        charset="utf-8",
        fuzzy=False,
    )
    for message in used:
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        places = sorted({(name, 0) for name, _ in message.locations})
        merged.add(message.id, known.string if known else None, places, context=message.context)
    merged.creation_date = old.creation_date
    merged.revision_date = old.creation_date
    CHINESE.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, merged, width=110, sort_output=True, include_lineno=False)
    CHINESE.write_bytes(buffer.getvalue())
    print(f"messages: {len(merged)} in {CHINESE.relative_to(ROOT).as_posix()}")
    return 0


def is_translated(message: Message | None) -> bool:
    """Tell whether a message has a finished Chinese text."""
    if message is None or message.fuzzy or not message.string:
        return False
    return bool(message.string) if isinstance(message.string, str) else all(message.string)


def missing() -> Iterator[str]:
    """Name each used message without Chinese, and each whose placeholders differ."""
    chinese = stored()
    for message in extracted():
        if not message.id:
            continue
        where = shown(ROOT / message.locations[0][0], message.locations[0][1])
        single = message.id if isinstance(message.id, str) else message.id[-1]
        known = chinese.get(message.id, message.context)
        if known is None or not is_translated(known):
            yield f"{where}: no Chinese for {single!r}"
            continue
        text = known.string if isinstance(known.string, str) else known.string[-1]
        wanted = set(re.findall(r"%\((\w+)\)s", single))
        if wanted != set(re.findall(r"%\((\w+)\)s", text)):
            yield f"{where}: placeholders of {single!r} differ in Chinese"


class VisibleText(HTMLParser):
    """Collect the text of one template that a person would read, with its line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT_TAGS:
            self._silent.append(tag)
        spoken = SPOKEN_ATTRIBUTES | ({"value"} if ("type", "submit") in attrs else set())
        for name, value in attrs:
            if value and name in spoken and WORD.search(value):
                self.found.append((self.getpos()[0], value.strip()))

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        for offset, line in enumerate(data.split("\n")):
            if WORD.search(line):
                self.found.append((self.getpos()[0] + offset, line.strip()))


def blanked(text: str) -> str:
    """Replace template code by blanks, keeping every line where it was."""
    return UNSEEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def untranslated(path: Path) -> Iterator[str]:
    """Name each line of a template with text that bypasses translation."""
    raw = path.read_text("utf-8")
    comments_out = re.sub(
        r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}",
        lambda m: re.sub(r"[^\n]", " ", m.group()),
        raw,
        flags=re.S,
    )
    for number, line in enumerate(comments_out.split("\n"), 1):
        if CJK.search(line):
            yield f"{shown(path, number)}: raw Chinese in a template: {line.strip()[:60]!r}"
    reader = VisibleText()
    reader.feed(blanked(raw))
    for number, text in reader.found:
        yield f"{shown(path, number)}: text outside a translation tag: {text[:60]!r}"


def check() -> int:
    """Print every gap and return 1 if there is one."""
    problems = list(missing())
    for path in template_files():
        problems += untranslated(path)
    for path in sorted((STATIC / "js").rglob("*.js")):
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if CJK.search(line):
                problems.append(f"{shown(path, number)}: raw Chinese in a script: {line.strip()[:60]!r}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"messages: {len(problems)} problems" if problems else "messages: whole in both languages")
    return 1 if problems else 0


def compile_all() -> int:
    """Write a .mo beside every .po."""
    for path in sorted(LOCALES.rglob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        print(f"messages: compiled {path.relative_to(ROOT).as_posix()}, {len(catalog)} messages")
    return 0


def main(arguments: list[str]) -> int:
    """Run one of the three acts; without one, say what they are."""
    acts = {"update": update, "check": check, "compile": compile_all}
    if len(arguments) != 1 or arguments[0] not in acts:
        print("usage: python tools/messages.py update | check | compile", file=sys.stderr)
        return 2
    return acts[arguments[0]]()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
