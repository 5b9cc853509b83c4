"""`yipanqi officer add`: an account and one line; exit 2 and one line for everything that does not fit."""

import getpass
import io

import pytest
from django.db import OperationalError

from yipanqi.cli.main import main
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.jurisdictions.queries import forget_tree
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.staff import services
from yipanqi.ops.staff.models import Officer

PASSWORD = "a long enough pass-phrase"
pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> None:
    """The tree of places, as `migrate` loads it."""
    load_jurisdictions()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    try:
        return main(["officer", "add", *arguments, "--password-stdin"])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def test_the_first_administrator(
    places: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "Admin", "--name", "管理员", "--role", "administrator") == 0
    assert capsys.readouterr().out == "officer admin added: administrator at 350000 Fujian\n"
    officer = Officer.objects.get()
    assert (officer.name, officer.roles, officer.group, officer.must_change) == (
        "管理员",
        ["administrator"],
        "",
        False,
    )
    assert officer.check_password(PASSWORD)
    assert Entry.objects.get().actor_kind == "system"


def test_unit_group_and_several_roles(places: None, monkeypatch: pytest.MonkeyPatch) -> None:
    roles = ["--role", "operator", "--role", "auditor"]
    given = ["lin", "--name", "林静", *roles, "--unit", "350104", "--group", "prevention"]
    assert run(monkeypatch, *given) == 0
    officer = Officer.objects.get()
    assert (officer.unit_id, officer.group, officer.roles) == (
        "350104",
        "prevention",
        ["operator", "auditor"],
    )


@pytest.mark.parametrize(
    ("changes", "password", "said"),
    [
        (["--role", "king"], PASSWORD, "no role 'king'"),
        (["--group", "nobody"], PASSWORD, "no group 'nobody'"),
        (["--unit", "999999"], PASSWORD, "no unit '999999'. The tree of places is loaded by"),
        (["--name", " "], PASSWORD, "has a name"),
        ([], "short", "too short; it has at least 12 characters."),
        ([], "", "no password was given"),
        (["--dance"], PASSWORD, "--dance"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(
    places: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: list[str],
    password: str,
    said: str,
) -> None:
    given = ["lin", "--name", "林静", "--role", "operator", *changes]
    assert run(monkeypatch, *given, password=password) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and said in captured.err
    assert not Officer.objects.exists()


def test_a_taken_name_and_a_centre_without_places(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["admin", "--name", "管理员", "--role", "administrator"]
    forget_tree()
    assert run(monkeypatch, *given) == 2
    assert "python -m yipanqi.config migrate" in capsys.readouterr().err
    load_jurisdictions()
    assert run(monkeypatch, *given) == 0
    assert run(monkeypatch, *given) == 2
    assert capsys.readouterr().err == "yipanqi: The username is taken.\n"


def test_the_terminal_is_asked_twice_and_the_answers_must_agree(
    places: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([PASSWORD, "another pass-phrase", PASSWORD, PASSWORD])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(answers))
    given = ["officer", "add", "admin", "--name", "管理员", "--role", "administrator"]
    assert main(given) == 2
    assert capsys.readouterr().err == "yipanqi: the two passwords differ\n"
    assert main(given) == 0
    assert list(answers) == []

    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", closed)
    assert main(given) == 2
    assert "--password-stdin" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> Officer:
        raise OperationalError("connection failed:\nno server there")

    monkeypatch.setattr(services, "create_officer", refuse)
    assert run(monkeypatch, "admin", "--unit", "350000", "--name", "x", "--role", "administrator") == 2
    assert capsys.readouterr().err.endswith("does not do it: connection failed: no server there\n")
