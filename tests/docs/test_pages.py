"""What the pages say of the code is what the code says: fields, errors, variables, clocks, outcomes, dependencies.

Commands and links are `tests/house/test_readme.py`'s matter.
"""

import getpass
import json
import re
import shlex
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from yipanqi import catalog
from yipanqi.analytics.rows import FIELDS as TRANSFER_FIELDS
from yipanqi.analytics.rows import REQUIRED as TRANSFER_REQUIRED
from yipanqi.catalog.packs import PACK_KEYS
from yipanqi.cli.main import main
from yipanqi.config.__main__ import COMMANDS
from yipanqi.engine.province.scenario import MAX_DAYS
from yipanqi.engine.province.warnings import SENSES
from yipanqi.ops.alerts.reading import FIELDS, REQUIRED, RowRefused, read_row
from yipanqi.ops.cases.reading import LISTS, PAYMENT_FIELDS, PAYMENT_REQUIRED, REPORT_FIELDS, read_report
from yipanqi.ops.cases.reading import REQUIRED as REPORT_REQUIRED
from yipanqi.ops.directives.reading import FIELDS as DIRECTIVE_FIELDS
from yipanqi.ops.directives.reading import REQUIRED as DIRECTIVE_REQUIRED
from yipanqi.ops.directives.reading import read_instruction
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.staff.models import Officer
from yipanqi.web.context import DESKS
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "yipanqi"
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows(page: str, heading: str) -> list[list[str]]:
    """Cells of the tables below a heading, heads and rulers left out; code marks are taken off."""
    _, _, part = page.partition(f"\n{heading}\n")
    assert part, f"no heading {heading!r}"
    part = re.split(r"\n## ", part)[0]
    lines = [line for line in part.splitlines() if line.lstrip().startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line.strip().strip("|").split(" | ")] for line in lines]
    ruled = {place for place, line in enumerate(lines) if re.fullmatch(r"[|\- ]+", line.strip())}
    return [row for place, row in enumerate(cells) if place not in ruled and place + 1 not in ruled]


def test_the_fields_of_the_partner_row() -> None:
    table = rows(text("docs/partner-api.md"), "## Fields")
    assert {row[0] for row in table} == set(FIELDS) and len(table) == len(FIELDS)
    assert {row[0] for row in table if row[1] == "yes"} == set(REQUIRED)


def test_the_errors_of_a_row_and_their_sentences() -> None:
    table = {row[0]: row[1:] for row in rows(text("docs/partner-api.md"), "## When a row is wrong")}
    said = set()
    for name in (
        "ops/alerts/reading.py",
        "ops/partners/rows.py",
        "ops/alerts/intake.py",
        "ops/subjects/rules.py",
        "kernel/money.py",
    ):
        said |= set(re.findall(r'"([a-z_]+)"', text(f"src/yipanqi/{name}")))
    assert set(table) == said & set(catalog.errors())
    wrong = [
        code for code, (en, zh) in table.items()
        if [en, zh] != [catalog.errors()[code].name.en, catalog.errors()[code].name.zh]
    ]  # fmt: skip
    assert wrong == []


def test_the_fields_kinds_and_errors_of_a_directive() -> None:
    table = {row[0]: row[1:] for row in rows(text("docs/partner-api.md"), "## A directive")}
    fields = {name: row for name, row in table.items() if len(row) == 3}
    assert set(fields) == set(DIRECTIVE_FIELDS)
    assert {name for name, row in fields.items() if row[0] == "yes"} == set(DIRECTIVE_REQUIRED)
    assert re.findall(r"[a-z_]+", fields["kind"][1]) == list(catalog.directive_kinds())
    told = {name: row for name, row in table.items() if len(row) == 2}
    said = set(re.findall(r'code="([a-z_]+)"', text("src/yipanqi/ops/directives/reading.py")))
    elsewhere = {row[0] for row in rows(text("docs/partner-api.md"), "## When a row is wrong")}
    assert set(told) == said - elsewhere
    for code, words in told.items():
        assert words == [catalog.errors()[code].name.en, catalog.errors()[code].name.zh]


def test_the_fields_and_errors_of_a_report() -> None:
    table = rows(text("docs/partner-api.md"), "## A report")
    fields = {row[0]: row[1] for row in table if len(row) == 4}
    assert set(fields) == {*REPORT_FIELDS, *LISTS, *PAYMENT_FIELDS}
    assert {name for name, need in fields.items() if need == "yes"} == {
        "external_id", *REPORT_REQUIRED, *PAYMENT_REQUIRED,
    }  # fmt: skip
    told = {row[0]: row[1:] for row in table if len(row) == 3}
    said = set(re.findall(r'"([a-z_]+)"', text("src/yipanqi/ops/cases/reading.py"))) & set(catalog.errors())
    elsewhere = {row[0] for row in rows(text("docs/partner-api.md"), "## When a row is wrong")}
    assert set(told) == said - elsewhere
    for code, words in told.items():
        assert words == [catalog.errors()[code].name.en, catalog.errors()[code].name.zh]


def test_the_fields_and_errors_of_a_transfer() -> None:
    table = rows(text("docs/partner-api.md"), "## Transfers")
    fields = {row[0]: row[1] for row in table if len(row) == 4}
    assert set(fields) == set(TRANSFER_FIELDS)
    assert {name for name, need in fields.items() if need == "yes"} == set(TRANSFER_REQUIRED)
    told = {row[0]: row[1:] for row in table if len(row) == 3}
    said = set(re.findall(r'"([a-z_]+)"', text("src/yipanqi/analytics/rows.py"))) & set(catalog.errors())
    elsewhere = {
        row[0]
        for heading in ("## When a row is wrong", "## A report")
        for row in rows(text("docs/partner-api.md"), heading)
    }
    assert set(told) == said - elsewhere
    for code, words in told.items():
        assert words == [catalog.errors()[code].name.en, catalog.errors()[code].name.zh]


def test_the_codes_of_refused_calls_are_catalogued() -> None:
    table = rows(text("docs/partner-api.md"), "## When a call is refused")
    named = {code for row in table for code in re.findall(r"[a-z]+_[a-z_]+", row[1])}
    refusals = {"rate_exceeded", "batch_too_large", "batch_empty", "body_not_json", "key_invalid"}
    assert refusals == named and named <= set(catalog.errors())


def test_every_environment_variable_is_named() -> None:
    table = {row[0] for row in rows(text("docs/operating/README.md"), "## Environment")}
    read = set()
    for path in SOURCE.rglob("*.py"):
        read |= set(re.findall(r'"((?:YIPANQI|DATABASE)_[A-Z]+)"', path.read_text("utf-8")))
    assert table == read


def test_every_process_is_named() -> None:
    table = rows(text("docs/operating/README.md"), "## Processes")
    assert {name for row in table for name in re.findall(r"[a-z]+", row[0])} == set(COMMANDS)


def test_clocks_stand_in_the_law_page() -> None:
    table = rows(text("docs/law.md"), "## Values of the house, unverified")
    clocks = {row[0]: row[3] for row in table if row[0] in catalog.windows()}
    assert clocks == {code: window.value for code, window in catalog.windows().items()}
    assert not any(window.verified for window in catalog.windows().values()), (
        "say on the page which is verified"
    )


def test_the_values_of_the_packs_stand_in_the_law_page_with_their_sources() -> None:
    table = {row[0]: row[1:] for row in rows(text("docs/law.md"), "## The policy packs")}
    assert list(table) == list(PACK_KEYS)
    for place, pack in enumerate(catalog.policies()):
        written = yaml.safe_load(text(f"src/yipanqi/catalog/packs/{pack.id}.yaml"))["values"]
        for key, cells in table.items():
            item = written.get(key)
            value = (
                ", ".join(item["value"])
                if item and isinstance(item["value"], list)
                else item and item["value"]
            )
            shown = (
                [str(value).lower() if isinstance(value, bool) else str(value), item["source"]]
                if item
                else ["–"] * 2
            )
            assert cells[2 * place : 2 * place + 2] == shown, (pack.id, key)
        assert all(item.verified == item.source.startswith("S:") for item in pack.values.values())


def test_grounds_and_findings_stand_in_the_law_page_with_their_sources() -> None:
    table = rows(text("docs/law.md"), "## Grounds, findings and the good-faith test")
    lists = (
        catalog.freeze_grounds,
        catalog.findings,
        catalog.good_faith,
        catalog.method_grounds,
        catalog.agent_grounds,
    )
    assert table == [
        [vocabulary.__name__, item.code, item.name.zh, item.name.en, item.source]
        for vocabulary in lists
        for item in vocabulary().values()
    ]


def test_every_clock_and_limit_is_read_by_the_code() -> None:
    sources = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    unread = {
        code
        for code in catalog.windows()
        if f'windows()["{code}"]' not in sources and f'["{code}"]' not in sources
    }
    assert unread == set()


def test_outcomes_and_desks_of_the_screens_page() -> None:
    page = text("docs/screens.md")
    said = [tuple(row[:3]) for row in rows(page, "## Outcomes of a call")]
    assert said == [(each.key, each.name.zh, each.name.en) for each in catalog.call_outcomes().values()]
    at_the_door = [tuple(row[:2]) for row in rows(page, "## Door visits")]
    assert at_the_door == [(each.name.zh, each.name.en) for each in catalog.visit_outcomes().values()]
    named = set(re.findall(r"^\| `/([a-z]*)`", page, re.M))
    assert named == {"", *DESKS}


def test_keys_of_the_seat() -> None:
    templates = "".join(path.read_text("utf-8") for path in (SOURCE / "web/templates").glob("seat.html"))
    shown = set(re.findall(r"<dt>(?:<kbd>(.)</kbd>)(?: – <kbd>(.)</kbd>)?</dt>", templates))
    keys = {key for pair in shown for key in pair if key}
    said = {
        key
        for row in rows(text("docs/screens.md"), "## Keys of the seat")
        for key in re.findall(r"[^` …]", row[0])
    }
    assert keys and said == keys


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_demo_logins(name: str) -> None:
    page = text(name)
    assert set(re.findall(r"^\| `([a-z]+)` \|", page, re.M)) == set(DEMO_OFFICERS)
    assert DEMO_PASSWORD in page


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wishes = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=~ ]", wish)[0] for wish in wishes} | set(
        json.loads(text("package.json"))["dependencies"]
    )
    table = re.findall(r"^\| `([^`]+)` \| (.+?) \|", text("docs/decisions/0002-dependencies.md"), re.M)
    assert {name for name, _ in table} == names and len(table) == len(names)


def test_every_decision_is_listed_and_shaped() -> None:
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    index = text("docs/decisions/README.md")
    for page in pages:
        body = page.read_text("utf-8")
        assert f"- [{body.splitlines()[0].removeprefix('# ')}]({page.name})" in index
        assert all(f"**{part}.**" in body for part in ("Context", "Decision", "Consequences")), page.name


def test_the_charts_of_lifecycles_are_the_tables() -> None:
    tool = [sys.executable, str(ROOT / "tools" / "lifecycles.py"), "check"]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_rooms_of_the_overview_are_the_rooms() -> None:
    table = rows(text("docs/overview.md"), "## Rooms")
    named = {name for row in table for name in re.findall(r"[a-z]+", row[0])}
    assert named == {
        path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()
    }
    line = re.search(r"`(indicators > .+?)`", text("docs/overview.md"))
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    ops = next(each["layers"] for each in contracts if each["id"] == "ops-line")
    assert line and line[1].split(" > ") == [name.strip("()") for name in ops]


def test_numbers_of_the_province_page() -> None:
    page = text("docs/province.md")
    ratios = [ratio for sense in SENSES for ratio in sense.ratios.values()]
    assert f"{min(ratios) * 100:.0f} to {max(ratios) * 100:.0f} %" in page
    assert f"days up to {MAX_DAYS}" in page
    for name in re.findall(
        r'^        "([a-z/]+\.[a-z]+)":', text("src/yipanqi/engine/province/writing.py"), re.M
    ):
        assert f"| `{name}` |" in page


@pytest.mark.django_db
def test_the_first_administrator_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    command = re.search(r"^   yipanqi (officer add .+)$", text("docs/operating/README.md"), re.M)
    assert command
    load_jurisdictions()  # as `migrate` does
    monkeypatch.setattr(getpass, "getpass", lambda _: "a long enough pass-phrase")
    assert main(shlex.split(command[1])) == 0
    assert Officer.objects.get(username="admin").roles == ["administrator"]


@pytest.mark.django_db
def test_rows_of_the_examples_are_read_as_the_pages_say() -> None:
    load_jurisdictions()
    pages = [text(name) for name in ("README.md", "README.zh.md", "docs/partner-api.md")]
    sent = [
        (path, json.loads(body))
        for page in pages
        for path, body in re.findall(r"/api/v1/(\S+) \\\n.*?  -d '(\{.*?\})'$", page, re.M | re.S)
    ]
    bodies = [body for path, body in sent if path.startswith("warnings")]
    (order,) = [body for path, body in sent if path == "directives"]
    (report,) = [body for path, body in sent if path == "reports"]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(read_report(report, scope_code="350000", now=at, needs_id=True).payments) == 1
    assert read_instruction(order, find_place=str, default_place="350000", now=at).place_code == "350104"
    flaws = []
    for row in [row for body in bodies for row in body.get("rows", [body])]:
        try:
            read_row(row, scope_code="350000", now=datetime(2026, 1, 1, tzinfo=UTC))
        except RowRefused as refused:
            flaws += [(flaw.field, flaw.code) for flaw in refused.flaws]
    assert len(bodies) == 4 and flaws == [("occurred_at", "datetime_no_offset")]
