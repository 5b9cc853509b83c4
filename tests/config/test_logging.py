"""What reaches the log: one JSON line an event, with the correlation id and without personal data."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.config.logging import configure, is_personal, masked_text
from yipanqi.kernel.errors import YipanqiError

PHONE = "13800138000"


class Written:
    """What this test has written to stderr."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self._seen = ""

    @property
    def text(self) -> str:
        self._seen += self._capture.readouterr().err
        return self._seen

    @property
    def last(self) -> dict[str, Any]:
        return json.loads(self.text.splitlines()[-1])


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    configure()
    structlog.contextvars.clear_contextvars()
    yield Written(capsys)
    structlog.contextvars.clear_contextvars()


def test_an_event_is_one_json_line_with_the_correlation_id(written: Written) -> None:
    structlog.contextvars.bind_contextvars(correlation_id="c-1")
    structlog.get_logger("yipanqi.test").info("alert.received", alert_id="a", attempts=2)
    assert len(written.text.splitlines()) == 1
    assert written.last["event"] == "alert.received"
    assert written.last["correlation_id"] == "c-1"
    assert written.last["attempts"] == 2
    assert str(written.last["at"]).endswith("Z")


def test_personal_fields_are_withheld_at_any_depth(written: Written) -> None:
    structlog.get_logger().info(
        "x",
        person_name="张三",
        phone=PHONE,
        row={"suspect_account": "62", "place_code": "350104", "text": "刷单"},
    )
    assert "张三" not in written.text and "刷单" not in written.text and PHONE not in written.text
    assert written.last["row"] == {
        "suspect_account": "[withheld]",
        "place_code": "350104",
        "text": "[withheld]",
    }


@pytest.mark.parametrize(
    "value", [PHONE, int(PHONE), f"电话{PHONE}转账", "138-0013-8000", "１３８００１３８０００", [PHONE]]
)
def test_long_numbers_are_masked_wherever_they_stand(written: Written, value: object) -> None:
    structlog.get_logger().warning(f"called {PHONE}", what=value)
    assert PHONE not in written.text and "0013-8000" not in written.text and "８０００" not in written.text
    assert written.last["event"] == "called [digits]"


def test_identifiers_dates_and_amounts_stay(written: Written) -> None:
    kept = {
        "alert_id": "01920334-7011-7423-8123-456712345678",
        "since": "2026-11-22 15:35:13.071",
        "loss_minor": 12_345_678_900,
        "unit": "350104001",
    }
    structlog.get_logger().info("x", **{key: kept[key] for key in ("alert_id", "since", "loss_minor")})
    assert all(written.last[key] == kept[key] for key in ("alert_id", "since", "loss_minor"))


def test_the_standard_library_goes_through_the_same_formatter(written: Written) -> None:
    logging.getLogger("django.request").warning("Not Found: /person/%s", PHONE)
    assert written.last["event"] == "Not Found: /person/[digits]"
    assert written.last["logger"] == "django.request"
    assert written.last["level"] == "warning"


def test_an_exception_is_told_without_the_row_it_quotes(written: Written) -> None:
    class RowError(YipanqiError):
        code = "row_invalid"

    try:
        try:
            raise ValueError(f"Key (name)=(李四) {PHONE}")
        except ValueError as error:
            raise RowError("李四 cannot be read") from error
    except RowError:
        logging.getLogger("any").exception("intake.failed")
    told = written.last["exception"]
    assert "李四" not in written.text
    assert isinstance(told, dict)
    assert (told["type"], told["code"], told["cause"]) == ("RowError", "row_invalid", "ValueError")
    assert "test_logging.py" in told["frames"][-1]


def test_a_missing_file_is_told_by_name(written: Written) -> None:
    try:
        Path("/no/such/file").read_text()
    except OSError:
        structlog.get_logger().exception("read.failed")
    assert "/no/such/file" in written.last["exception"]["message"]


def test_a_job_is_told_by_action_and_never_by_its_arguments(written: Written) -> None:
    logging.getLogger("procrastinate.worker").error(
        "Job notify[7](person='王五') ended",
        extra={
            "action": "job_error",
            "job": {"id": 7, "task_name": "notify", "attempts": 1, "task_kwargs": {"n": "王五"}},
        },
    )
    assert "王五" not in written.text
    assert written.last["event"] == "queue.job_error"
    assert (written.last["job"], written.last["task"]) == (7, "notify")


@given(
    st.text("甲a ,:(=", max_size=5),
    st.text("0123456789", min_size=9, max_size=30),
    st.text("乙b ),;", max_size=5),
)
def test_no_run_of_nine_digits_survives(before: str, digits: str, after: str) -> None:
    assert digits not in masked_text(before + digits + after)


@pytest.mark.parametrize(
    "key", ["phone", "person_phone", "name", "id_number", "account", "payee_account", "text", "token"]
)
def test_these_keys_are_personal(key: str) -> None:
    assert is_personal(key)


@pytest.mark.parametrize("key", ["task_name", "alert_id", "place_code", "event", "status"])
def test_these_keys_are_not(key: str) -> None:
    assert not is_personal(key)
