"""Reading the environment."""

import os
import subprocess
import sys

import pytest

from yipanqi.config.environment import SettingError, database_from_url, flag, policy_pack, words


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("", False)]
)
def test_flag(monkeypatch: pytest.MonkeyPatch, text: str, expected: bool) -> None:
    monkeypatch.setenv("YIPANQI_X", text)
    assert flag("YIPANQI_X") is expected


def test_words_drop_empties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPANQI_X", " a, ,b,")
    assert words("YIPANQI_X", "") == ["a", "b"]


def test_a_network_address() -> None:
    entry = database_from_url("postgresql://u%40x:p%2Fw@db.example:6432/board")
    assert [entry[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "u@x",
        "p/w",
        "db.example",
        "6432",
        "board",
    ]


def test_a_socket_folder_with_a_space() -> None:
    entry = database_from_url("postgresql://yipanqi@/yipanqi?host=%2Fa%20b%2Fpostgres")
    assert (entry["HOST"], entry["USER"], entry["PORT"]) == ("/a b/postgres", "yipanqi", "")


def test_another_database_is_refused() -> None:
    with pytest.raises(SettingError, match="only PostgreSQL"):
        database_from_url("mysql://u@h/d")


@pytest.mark.parametrize(("text", "expected"), [("", "CN"), (" SG ", "SG"), ("CN", "CN")])
def test_the_policy_pack(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    monkeypatch.setenv("YIPANQI_X", text)
    assert policy_pack("YIPANQI_X", "CN") == expected


def test_an_unknown_policy_pack_stops_the_start_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "yipanqi.config", "migrate"],
        check=False,
        env=os.environ | {"YIPANQI_PACK": "XX"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "YIPANQI_PACK: there is no policy pack 'XX'; known are CN, SG\n"
