"""`yipanqi officer add`: makes an officer's account in the centre's database, above all the first administrator's.

Whoever can run it holds the database and the keys already, so it asks for no sign-in; the journal names the system as
the one who acted. What an administrator does with officers from day to day is the page's matter.
"""

import argparse
import getpass
import sys

from yipanqi import catalog
from yipanqi.cli.centre import reached
from yipanqi.kernel.errors import YipanqiError


class OfficerNotAddedError(YipanqiError):
    """The account was not made: no password, no answer from the database, or a refusal of the rules."""

    code = "officer_not_added"


def add_officer(options: argparse.Namespace) -> int:
    """Make the account that `options` ask for and print one line; return 0. Raises OfficerNotAddedError."""
    with reached(OfficerNotAddedError, "the centre's database does not do it"):
        print(_add(options, _password(from_stdin=options.password_stdin)))
    return 0


def _add(options: argparse.Namespace, password: str) -> str:
    from yipanqi.ops.journal.queries import now  # models load only after setup
    from yipanqi.ops.journal.services import SYSTEM
    from yipanqi.ops.jurisdictions.queries import full_name, root_code
    from yipanqi.ops.staff.services import create_officer

    try:
        officer = create_officer(
            username=options.username,
            password=password,
            name=options.name,
            unit_code=options.unit or root_code(),
            group=options.group,
            roles=options.role,
            acting=SYSTEM,
            now=now(),
        )
    except YipanqiError as error:
        raise OfficerNotAddedError(_refusal(error)) from error
    roles = ", ".join(officer.roles)
    return (
        f"officer {officer.username} added: {roles} at {officer.unit_id} {full_name(officer.unit_id, 'en')}"
    )


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            password = getpass.getpass("Password: ")
            again = getpass.getpass("Password again: ")
        except EOFError:
            raise OfficerNotAddedError(
                "no terminal to ask on; give the password by --password-stdin"
            ) from None
        if password != again:
            raise OfficerNotAddedError("the two passwords differ")
    if not password:
        raise OfficerNotAddedError("no password was given")
    return password


def _refusal(error: YipanqiError) -> str:
    """The refusal with what helps: what a password lacks, and where the tree of places comes from."""
    if "reasons" in error.facts:
        return " ".join(catalog.error_text(reason, **error.facts).en for reason in error.facts["reasons"])
    if error.code == "jurisdiction_unknown":
        return f"{error} The tree of places is loaded by: python -m yipanqi.config migrate"
    return str(error)
