"""Which folder a centre uses, and which it refuses."""

import os
from pathlib import Path

import pytest

from yipanqi.config.environment import SettingError
from yipanqi.config.folders import LAYOUT, claimed, data_folder, open_folder


def test_a_chosen_folder_is_taken_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YIPANQI_DATA", str(tmp_path / "a b"))
    assert data_folder(Path("/anywhere")) == tmp_path / "a b"


def test_two_clones_of_root_do_not_share_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("YIPANQI_DATA")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert data_folder(tmp_path / "one") != data_folder(tmp_path / "two")
    assert data_folder(tmp_path / "one").parent == Path("/var/lib/yipanqi")


def test_an_ordinary_user_keeps_it_in_the_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("YIPANQI_DATA")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert data_folder(tmp_path) == tmp_path / "var"


def test_a_new_folder_is_marked_and_opened_again(tmp_path: Path) -> None:
    open_folder(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data" / "VERSION").read_text().strip() == LAYOUT
    open_folder(tmp_path / "new" / "data")


@pytest.mark.parametrize("mark", ["0", "99", ""])
def test_a_folder_of_another_version_is_refused_in_one_line(tmp_path: Path, mark: str) -> None:
    (tmp_path / "VERSION").write_text(mark)
    with pytest.raises(SettingError, match=r"another version of yipanqi.*YIPANQI_DATA") as caught:
        open_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_database_without_a_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(SettingError, match="without its VERSION"):
        open_folder(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="cannot be the data folder"):
        open_folder(tmp_path / "file" / "data")


def test_one_centre_at_a_time(tmp_path: Path) -> None:
    with (
        claimed(tmp_path),
        pytest.raises(SettingError, match=f"process {os.getpid()}"),
        claimed(tmp_path),
    ):
        raise AssertionError("both hold the folder")
    with claimed(tmp_path):
        assert (tmp_path / "centre.lock").read_text() == str(os.getpid())
