"""`yipanqi journal verify`: exit 0 when the chain holds, 1 naming the broken entry, 2 without an answer."""

import json
from collections.abc import Callable

import pytest
from django.db import OperationalError

from yipanqi.cli.main import main
from yipanqi.ops.journal import verifying
from yipanqi.ops.journal.verifying import Verification


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verification], list[str]]:
    """Have the check answer with a given verification; gives the list of heads it was asked to expect."""

    def prepare(result: Verification) -> list[str]:
        heads: list[str] = []

        def verify_chain(*, progress: Callable[[int], None], expect_head: str) -> Verification:
            progress(result.checked)
            heads.append(expect_head)
            return result

        monkeypatch.setattr(verifying, "verify_chain", verify_chain)
        return heads

    return prepare


def test_a_chain_that_holds(
    asked: Callable[[Verification], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    heads = asked(Verification(True, 1234, "ab12"))
    assert main(["journal", "verify", "--expect-head", "cd34"]) == 0
    assert capsys.readouterr().out == "the chain holds: 1,234 entries checked, head ab12\n"
    assert heads == ["cd34"]


def test_a_broken_chain_is_named(
    asked: Callable[[Verification], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked(Verification(False, 6, "ab", 7, "does not match its hash"))
    assert main(["journal", "verify"]) == 1
    assert "entry 7: does not match its hash" in capsys.readouterr().out
    assert main(["journal", "verify", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert {
        "ok": False,
        "checked": 6,
        "first_broken": 7,
        "reason": "does not match its hash",
    }.items() <= answer.items()


def test_a_database_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> Verification:
        raise OperationalError("connection failed:\nno server there")

    monkeypatch.setattr(verifying, "verify_chain", refuse)
    assert main(["journal", "verify"]) == 2
    assert (
        capsys.readouterr().err == "yipanqi: the journal cannot be read: connection failed: no server there\n"
    )
