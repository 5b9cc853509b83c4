"""The page on messages to banks: its examples are read, its signature verifies, its tables are whole."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yipanqi.gateways.messages import FailureCode, FreezeKind, OrderKind, Result
from yipanqi.gateways.reading import Fields
from yipanqi.gateways.risk_platform import ANSWER_CODES, ORDER_CODES, read_answer, read_order
from yipanqi.gateways.signing import public_key_of, signed_text, verify
from yipanqi.gateways.simulators.config import read_config
from yipanqi.gateways.simulators.faults import CHANCES, Faults

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gateways.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)
TEXTS = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)
SEED = bytes(range(32))


def test_the_example_messages_are_read() -> None:
    order = read_order(EXAMPLES[0].encode(), institution="icbc")
    done, failed = (read_answer(example.encode()) for example in EXAMPLES[1:3])
    assert (order.kind, order.amount_minor) == (OrderKind.STOP, 5_000_000)
    assert order.order_id == done.order_id == failed.order_id
    assert (done.result, failed.result, failed.failure_code) == (
        Result.OK,
        Result.FAILED,
        FailureCode.MISMATCH,
    )


def test_the_examples_of_a_freeze_are_read() -> None:
    order = read_order(EXAMPLES[3].encode(), institution="icbc")
    queued, returned = (read_answer(example.encode()) for example in EXAMPLES[4:6])
    assert order.freeze and (order.freeze.kind, order.freeze.asked_minor) == (FreezeKind.AMOUNT, 4_812_345)
    assert order.order_id == queued.order_id and queued.former and queued.frozen_minor == 0
    assert [line.failure_code for line in returned.lines] == [None, FailureCode.PAYEE_UNKNOWN]


def test_codes_causes_and_faults_are_all_named() -> None:
    assert re.findall(r"^\| `(H?\d+)` \| `(H?\d+)` \| `(\w+)` \|", PAGE, re.M) == [
        (ORDER_CODES[kind], ANSWER_CODES[kind], kind.value) for kind in OrderKind
    ]
    assert set(FailureCode) - {FailureCode.OTHER} <= set(re.findall(r"`([a-z_]+)(?::\w+)?`", PAGE))
    table = PAGE.partition("| fault | what happens |")[2]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.M)) == CHANCES


def test_the_signature_of_the_page_verifies() -> None:
    text, lines = (block for block in TEXTS if "\n" in block.strip())
    headers = dict(line.split(": ") for line in lines.splitlines())
    body = b'{"TxCode": "100102"}'
    assert text.strip().encode() == signed_text(
        "icbc", "POST", "/api/v1/answers", headers["X-Signed-At"], headers["X-Nonce"], body
    )
    found = verify(
        headers=headers,
        method="POST",
        path="/api/v1/answers",
        body=body,
        public_key=public_key_of(SEED),
        now=datetime(2026, 3, 2, 2, 1, tzinfo=UTC),
        remember=lambda *_: True,
    )
    assert found == "icbc" and PAGE.count(public_key_of(SEED)) == 2


def test_the_configuration_and_control_message_are_read(tmp_path: Path) -> None:
    path = tmp_path / "simulators.json"
    path.write_text(EXAMPLES[6], "utf-8")
    config = read_config(path)
    assert [each.code for each in config.institutions] == ["icbc", "mobile"]
    assert config.institutions[0].faults == Faults(latency_from=0.2, latency_to=1.5, silent=0.01)
    control: dict[str, Any] = json.loads(EXAMPLES[7])
    assert control.keys() == {
        "institution",
        "open",
        "credit",
        "foreign_freeze",
        "move_out",
        "faults",
        "clock",
    }
    assert Faults().changed(Fields(control["faults"], "faults")).late == 0.1
