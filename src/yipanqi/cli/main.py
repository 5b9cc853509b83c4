"""Entry of the `yipanqi` command: reads arguments, calls one command, makes errors one line and exit code 2.

Nothing heavy is imported before the command is known, so that `--help` answers at once. What a command does
is in the module of its name.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from yipanqi.kernel.errors import YipanqiError

EXIT_DONE = 0
EXIT_NOT_SOUND = 1
EXIT_REFUSED = 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(EXIT_REFUSED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (default: the shell's) ask for; return the exit code 0, 1 or 2."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except YipanqiError as error:
        print(f"yipanqi: {error}", file=sys.stderr)
        return EXIT_REFUSED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="yipanqi", description="The open operating system of an anti-fraud centre.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_province(commands)
    _add_classify(commands)
    _add_import(commands)
    _add_trace(commands)
    _add_plan(commands)
    _add_split(commands)
    _add_journal(commands)
    _add_officer(commands)
    return parser


def _add_province(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("province", help="make a synthetic province with ground truth")
    parser.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    parser.add_argument("--days", type=int, required=True, help="how many days are played")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument(
        "--start", type=_date, default=date(2026, 1, 1), help="first day (default 2026-01-01)"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 2,000 residents (default 1)")
    parser.add_argument(
        "--warnings-per-day", type=int, default=120, metavar="N", help="about how many (default 120)"
    )
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON")
    parser.set_defaults(command=_province)


def _add_classify(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("classify", help="fraud type and identifiers of texts")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=".csv, .jsonl, .parquet, or .txt with a text per line"
    )
    parser.add_argument("--column", default="text", help="the column that holds the text (default text)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(command=_classify)


def _add_import(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("import", help="bank flows into a ledger")
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help=".csv, .txt, .xlsx, .xls, .parquet, or a folder of them",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="LEDGER", help="folder of the ledger, new or not"
    )
    parser.add_argument(
        "--map", type=Path, metavar="MAP.yaml", help="columns, fixed values and words of these files"
    )
    parser.add_argument(
        "--rejects", type=Path, metavar="R.csv", help="write the rows that were not taken, with reason"
    )
    parser.add_argument(
        "--zone", default="Asia/Shanghai", help="of times without offset (default Asia/Shanghai)"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of reasons (default zh)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(command=_import)


def _add_trace(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("trace", help="follow the money of some transfers through a ledger")
    parser.add_argument("ledger", type=Path, metavar="LEDGER", help="a ledger made by `import`, or one file")
    parser.add_argument("--from", dest="seeds", metavar="ID[,ID...]", help="the transfers to follow")
    parser.add_argument(
        "--method", choices=("haircut", "fifo", "lifo", "poison"), default="haircut", help="default haircut"
    )
    parser.add_argument("--until", metavar="T", help="follow up to and including this instant (ISO 8601)")
    parser.add_argument(
        "--opening", type=Path, metavar="FILE", help="account,balance before the first transfer"
    )
    parser.add_argument("--sinks", type=Path, metavar="FILE", help="account[,kind] where money leaves")
    parser.add_argument(
        "--hub-degree",
        type=int,
        metavar="N",
        help="end at accounts with more than N transfers (default: none)",
    )
    parser.add_argument(
        "--verify", type=Path, metavar="FILE", help="check an evidence file against the ledger"
    )
    for name, what in (
        ("xlsx", "flow table (资金流向表)"),
        ("svg", "picture"),
        ("png", "picture"),
        ("evidence", "evidence JSON"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write the {what}")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of table and picture")
    parser.add_argument(
        "--policy", default="CN", metavar="PACK", help="policy pack that papers name (default CN)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(command=_trace)


def _add_plan(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("plan", help="which accounts to stop first: money still savable per minute")
    parser.add_argument("ledger", type=Path, metavar="LEDGER", help="a ledger made by `import`, or one file")
    parser.add_argument(
        "--from", dest="seeds", required=True, metavar="ID[,ID...]", help="the transfers to follow"
    )
    parser.add_argument("--at", required=True, metavar="TIME", help="the instant of the plan (ISO 8601)")
    parser.add_argument(
        "--method", choices=("haircut", "fifo", "lifo", "poison"), default="haircut", help="default haircut"
    )
    parser.add_argument("--stopped", metavar="ACCOUNT[,ACCOUNT...]", help="accounts stopped already")
    parser.add_argument(
        "--curves", type=Path, metavar="FILE", help="dwell curves learned earlier (default: an assumption)"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of reasons (default zh)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(command=_plan)


def _add_split(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("split", help="what frozen accounts pay each victim, and why")
    parser.add_argument(
        "file", type=Path, metavar="CASE.json", help="transfers, frozen accounts, claims, runs"
    )
    parser.add_argument(
        "--policy", metavar="PACK", help="policy pack whose values stand where a run names none"
    )
    parser.add_argument(
        "--compare", action="store_true", help="all methods side by side instead of the file's runs"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of reasons (default zh)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(command=_split)


def _add_journal(commands: "argparse._SubParsersAction[_Parser]") -> None:
    journal = commands.add_parser("journal", help="the centre's journal")
    acts = journal.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    verify = acts.add_parser("verify", help="check the hash chain; exit 1 names the first broken entry")
    verify.add_argument(
        "--expect-head", default="", metavar="HASH", help="a head noted earlier, to be in the chain"
    )
    verify.add_argument("--json", action="store_true", help="print the result as JSON")
    verify.set_defaults(command=_journal_verify)


def _add_officer(commands: "argparse._SubParsersAction[_Parser]") -> None:
    officer = commands.add_parser("officer", help="the centre's officers")
    acts = officer.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    add = acts.add_parser("add", help="make an account, such as the first administrator's")
    add.add_argument("username", metavar="USERNAME", help="what the officer signs in with")
    add.add_argument("--name", required=True, help="the officer's name as screens show it")
    add.add_argument("--role", required=True, action="append", help="a role's code; repeat for several")
    add.add_argument(
        "--unit", default="", metavar="CODE", help="where the officer serves (default the province)"
    )
    add.add_argument("--group", default="", metavar="G", help="a group's code (default none)")
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from the first line of stdin"
    )
    add.set_defaults(command=_officer_add)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-01-01") from None


# Each command is imported when it is asked for: --help must not pay for numpy, polars or Django.
def _province(options: argparse.Namespace) -> int:
    from yipanqi.cli.province import make_province

    return make_province(options)


def _classify(options: argparse.Namespace) -> int:
    from yipanqi.cli.classify import classify_file

    return classify_file(options)


def _import(options: argparse.Namespace) -> int:
    from yipanqi.cli.importing import import_files

    return import_files(options)


def _trace(options: argparse.Namespace) -> int:
    from yipanqi.cli.trace import trace_ledger

    return trace_ledger(options)


def _plan(options: argparse.Namespace) -> int:
    from yipanqi.cli.plan import plan_ledger

    return plan_ledger(options)


def _split(options: argparse.Namespace) -> int:
    from yipanqi.cli.split import split_case

    return split_case(options)


def _journal_verify(options: argparse.Namespace) -> int:
    from yipanqi.cli.journal import verify_journal

    return verify_journal(options)


def _officer_add(options: argparse.Namespace) -> int:
    from yipanqi.cli.officer import add_officer

    return add_officer(options)


if __name__ == "__main__":
    sys.exit(main())
