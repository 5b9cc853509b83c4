"""Write the state charts of docs/lifecycles.md from the lifecycle tables, so that page and code never differ.

`python tools/lifecycles.py` writes the page, `python tools/lifecycles.py check` exits 1 when it is not what the tables
say. Finds every `Lifecycle` in `yipanqi.casework.lifecycles` by itself. Names come from the catalog in both languages.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

from yipanqi import catalog
from yipanqi.casework import lifecycles
from yipanqi.casework.machine import Lifecycle

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lifecycles.md"
HEAD = """\
# Lifecycles

Written by `tools/lifecycles.py` from the tables in `src/yipanqi/casework/lifecycles`; a test keeps both equal. A status
changes only by an act of its table. Any other act is refused, and the refusal names the acts that are allowed.

Outcome and status are two things: the status says where the work stands, the outcome what was decided
(see [glossary](glossary.md)).
"""


def tables() -> list[Lifecycle]:
    """Every lifecycle of the house, in the order of their names."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.iter_modules(lifecycles.__path__, f"{lifecycles.__name__}.")
    ]
    found = {
        each.name: each for module in modules for each in vars(module).values() if isinstance(each, Lifecycle)
    }
    return [found[name] for name in sorted(found)]


def section(table: Lifecycle) -> str:
    """One lifecycle: its chart, its statuses and its acts."""
    statuses = "\n".join(status_row(table, status) for status in table.statuses)
    acts = "\n".join(
        f"| `{each.act}` | {', '.join(each.sources)} | {each.target} | `{each.event}` | {event_name(each.event)} |"
        for each in table.transitions
    )
    return (
        f"## {table.name}\n\n```mermaid\n{table.mermaid()}```\n\n"
        f"| status | 中文 | English | may stay |\n|---|---|---|---|\n{statuses}\n\n"
        f"| act | from | to | journal entry | 中文 · English |\n|---|---|---|---|---|\n{acts}\n"
    )


def status_row(table: Lifecycle, status: str) -> str:
    """A status with its names, and whether work may rest there for good."""
    name = catalog.statuses()[f"{table.name}.{status}"].name
    return f"| `{status}` | {name.zh} | {name.en} | {'yes' if status in table.resting else 'no'} |"


def event_name(code: str) -> str:
    """The name of a journal entry in both languages."""
    name = catalog.events()[code].name
    return f"{name.zh} · {name.en}"


def page() -> str:
    """The whole page as it should stand."""
    return "\n".join([HEAD, *(section(table) for table in tables())])


def main(arguments: list[str]) -> int:
    """Write the page, or with `check` compare it; 0 when all is well."""
    wanted = page()
    if arguments == ["check"]:
        if PAGE.exists() and PAGE.read_text("utf-8") == wanted:
            return 0
        print(
            f"lifecycles: {PAGE.name} is not what the tables say; run python tools/lifecycles.py",
            file=sys.stderr,
        )
        return 1
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
