"""The process: how it begins and ends, what a restart keeps, and one order that fifty ask for at once."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.gateways.stand_in import CentreStandIn, Simulators, an_order, until
from yipanqi.gateways.messages import OrderKind, Result
from yipanqi.gateways.reading import MessageRefused
from yipanqi.gateways.simulators.bookfile import BookFile
from yipanqi.gateways.simulators.config import read_config

CARD = "6222021602001234567"


def test_fifty_at_once_stop_once_and_get_one_answer(
    simulators: Simulators, centre: CentreStandIn, bank: str
) -> None:
    simulators.open(bank, CARD)
    order = an_order(bank, CARD)
    with ThreadPoolExecutor(50) as threads:
        replies = list(threads.map(lambda _: simulators.post(order).status_code, range(50)))
    assert replies == [202] * 50
    assert len(simulators.stops(bank)) == simulators.books(bank)["orders"] == 1
    found = centre.wait(order.order_id)
    assert len({each.body for each in found}) == 1 and found[0].answer
    assert found[0].answer.result is Result.OK


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_in_the_middle_keeps_the_books(started: Any, centre: CentreStandIn, how: int) -> None:
    own = started(centre, ["x1"])
    own.open("x1", CARD)
    own.control("x1", clock={"offset_seconds": 30}, faults={"late": 1, "late_seconds": 3600})
    stop, lost = an_order("x1", CARD), an_order("x1", "6222000000000002")
    own.post(stop)
    own.post(lost)
    before = own.stops("x1"), own.books("x1")["accounts"]
    assert own.stop(how) == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    with (own.folder / "books" / "x1.jsonl").open("ab") as torn:
        torn.write(b'{"debit": {"number": "62')
    own.start()
    assert (own.stops("x1"), own.books("x1")["accounts"]) == before
    assert own.books("x1")["clock"]["offset_seconds"] == 30
    assert own.books("x1")["faults"]["late"] == 1
    own.control("x1", faults={"late": 0})
    extend = an_order("x1", CARD, kind=OrderKind.EXTEND, original_order_id=stop.order_id)
    own.post(extend)
    assert centre.answer(extend).result is Result.OK
    own.stop()
    own.start()
    assert centre.answer(stop).result is Result.OK, "an answer that was due is sent after the restart"
    assert centre.answer(lost).result is Result.FAILED
    assert own.stops("x1")[0]["ends_at"] == centre.answer(extend).ends_at.isoformat()
    until(lambda: own.books("x1")["delivered"] == 3, "all answers are noted as delivered")


def test_a_file_gives_back_whole_acts_only(tmp_path: Path) -> None:
    path = tmp_path / "books" / "b.jsonl"
    file = BookFile(path)
    file.append({"a": "王"})
    file.append({"b": 2})
    file.close()
    with path.open("ab") as torn:
        torn.write(b'{"c"')
    file = BookFile(path)
    assert list(file.replay()) == [{"a": "王"}, {"b": 2}]
    file.append({"d": 4})
    file.close()
    assert path.read_text("utf-8").splitlines()[-1] == '{"d":4}'
    assert path.stat().st_mode & 0o777 == 0o600


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yipanqi.gateways.simulators", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)


def test_a_port_in_use_ends_it_with_one_line(simulators: Simulators, tmp_path: Path) -> None:
    path = tmp_path / "same.json"
    path.write_text(json.dumps(simulators.config), "utf-8")
    done = run("--config", str(path))
    assert done.returncode == 2 and done.stderr.startswith(f"port {simulators.config['port']} on 127.0.0.1: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_process_loads_no_django() -> None:
    code = "import sys, yipanqi.gateways.simulators.__main__; assert not {'django', 'psycopg'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"institutions": []}, "institutions: empty, or a code stands twice"),
        ({"port": 0}, "port: not a number from 1 to 65535"),
        ({"centre": "ftp://x"}, "centre: not an http or https address"),
        ({"centre_public_key": "7"}, "centre_public_key: not 64 hex digits"),
        ({"control_token": ""}, "control_token: missing"),
        ({"institutions": [{"code": "a", "kind": "shop"}]}, "institutions[0].kind: not one of bank, telecom"),
        ({"institutions": [{"code": "a", "kind": "bank"}]}, "institutions[0].secret_key: missing"),
        ({"unheard": 1}, "unheard: no such field"),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_line(
    simulators: Simulators, tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(simulators.config | changes), "utf-8")
    with pytest.raises(MessageRefused) as refused:
        read_config(path)
    assert str(refused.value) == line


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    done = run("--config", str(tmp_path / "none.json"))
    assert done.returncode == 2 and "none.json: No such file" in done.stderr
