"""Structured logs: one JSON object a line on stderr, with the correlation id and without personal data.

Everything goes through one formatter, our own events (structlog) and those of Django, granian and the queue alike. Long
runs of digits are masked, fields that hold personal data are withheld, and an exception is told by its type and
frames, since its message may quote a row. What is worth an event is each caller's choice.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from yipanqi.kernel.errors import YipanqiError

WITHHELD = "[withheld]"
MASKED = "[digits]"
PERSONAL = frozenset({"name", "key", "body", "query", "note", "email"})
PERSONAL_ENDS = (
    "phone",
    "id_number",
    "account",
    "text",
    "narrative",
    "address",
    "password",
    "secret",
    "token",
)
PERSONAL_NAMES = frozenset(
    {"person_name", "real_name", "display_name", "holder_name", "officer_name", "full_name"}
)
# An identifier or an instant is not a number of a person: it is kept as it stands.
KEPT = (
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
)
NUMBERS = re.compile(rf"({KEPT})|[0-9\uff10-\uff19](?:[ \-]?[0-9\uff10-\uff19]){{8,}}[Xx]?")
COUNTED_ENDS = ("_minor", "_bytes", "_count", "_no", "_seconds", "_ms")
FRAMES = 12
# These name a file, an address or an attribute, never a row.
TELLING = (OSError, ImportError, AttributeError, NameError)
TELLING_NAMES = frozenset(
    {"OperationalError", "ImproperlyConfigured", "TemplateDoesNotExist", "NoReverseMatch"}
)

EventDict = MutableMapping[str, Any]


def masked_text(text: str) -> str:
    """`text` with each run of nine or more digits masked; identifiers (UUID) and dates stay."""
    return NUMBERS.sub(lambda found: found.group(1) or MASKED, text)


def is_personal(key: str) -> bool:
    """Whether a field of this name may hold personal data and is therefore never logged."""
    return key in PERSONAL or key in PERSONAL_NAMES or key.endswith(PERSONAL_ENDS)


def clean(key: str, value: object) -> object:
    """What may be logged of one field, looking into lists and mappings."""
    if is_personal(key):
        return WITHHELD
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return value if key.endswith(COUNTED_ENDS) or abs(value) < 10**8 else MASKED
    if isinstance(value, Mapping):
        return {str(name): clean(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(key, item) for item in value]
    return masked_text(str(value))


def without_personal_data(logger: object, method: str, event: EventDict) -> EventDict:
    """Processor: withhold personal fields and mask long numbers in everything else."""
    return {key: clean(key, value) if key != "_record" else value for key, value in event.items()}


def told_exception(logger: object, method: str, event: EventDict) -> EventDict:
    """Processor: replace `exc_info` by type, code and frames; the message only where it cannot quote a row."""
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        error: BaseException | None = info
    elif isinstance(info, tuple):
        error = info[1]
    else:
        error = sys.exc_info()[1] if info else None
    if error is None:
        return event
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    told: dict[str, object] = {
        "type": type(error).__name__,
        "frames": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, YipanqiError):
        told["code"] = error.code
    if isinstance(error, TELLING) or type(error).__name__ in TELLING_NAMES:
        told["message"] = str(error)
    if error.__cause__ is not None:
        told["cause"] = type(error.__cause__).__name__
    event["exception"] = told
    return event


def named_queue_event(logger: object, method: str, event: EventDict) -> EventDict:
    """Processor: a record of the queue is told by its action and job, never by its arguments."""
    record = event.get("_record")
    if record is None or not record.name.startswith("procrastinate"):
        return event
    job = getattr(record, "job", None) or {}
    event["event"] = f"queue.{getattr(record, 'action', 'message')}"
    for name, source in (("job", "id"), ("task", "task_name"), ("attempts", "attempts")):
        if source in job:
            event[name] = job[source]
    return event


def unescaped(event: EventDict, **options: Any) -> str:
    """One line of JSON with Chinese as it is written."""
    return json.dumps(event, ensure_ascii=False, **options)


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


def formatter() -> logging.Formatter:
    """The formatter of every handler; also for servers that configure logging on their own."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            named_queue_event,
            told_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_personal_data,
            structlog.processors.JSONRenderer(serializer=unescaped, default=str),
        ],
    )


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment, so that a redirected stderr is honoured."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)


def configure(_settings: object = None) -> None:
    """Wire structlog and the standard library to one handler; Django calls it as `LOGGING_CONFIG`."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, StderrHandler)]:
        root.removeHandler(handler)
    root.addHandler(StderrHandler())
    root.setLevel(logging.INFO)
    for name in ("django", "django.server", "django.request"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, level in (
        ("procrastinate", logging.WARNING),
        ("httpx", logging.WARNING),
        ("asyncio", logging.WARNING),
    ):
        logging.getLogger(name).setLevel(level)


GRANIAN: dict[str, Any] = {
    "formatters": {"yipanqi": {"()": "yipanqi.config.logging.formatter"}},
    "handlers": {
        "console": {"formatter": "yipanqi", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "yipanqi", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    },
}
