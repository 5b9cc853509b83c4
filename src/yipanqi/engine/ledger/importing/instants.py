"""Instants of a column in microseconds since 1970, UTC: the usual shapes all at once, every other one by itself.

A shape with an offset stands for itself, one without is in the caller's zone; a local time that a change of
clocks skips or repeats is not read. Excel's serial days are read only from workbooks.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from yipanqi.kernel.errors import YipanqiError

_CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_DAY: Final = r"[12][0-9]{3}-[0-1][0-9]-[0-3][0-9]"
_SHAPES: Final = (  # regular expression, format, zone: its own offset, the caller's, or UTC
    (rf"^{_DAY}T{_CLOCK}[+-][0-9]{{2}}:[0-9]{{2}}$", "%Y-%m-%dT%H:%M:%S%z", "own"),
    (rf"^{_DAY} {_CLOCK}$", "%Y-%m-%d %H:%M:%S", "caller"),
    (rf"^{_DAY}T{_CLOCK}\.[0-9]{{6}}Z$", "%Y-%m-%dT%H:%M:%S%.fZ", "UTC"),
    (r"^[12][0-9]{13}$", "%Y%m%d%H%M%S", "caller"),
)
_ANY: Final = re.compile(
    r"(?:(?P<y>\d{4})(?:(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})|年(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日"
    r"|(?P<m3>\d{2})(?P<d3>\d{2})(?P<bare>)))"
    r"(?:(?:[T\s]\s*|-)(?P<h>\d{1,2})[:.时](?P<mi>\d{2})(?:[:.分](?P<s>\d{2})秒?(?:\.(?P<part>\d{1,9}))?)?"
    r"|(?:[T\s]|(?(bare)|(?!)))(?P<h2>\d{2})(?P<mi2>\d{2})(?P<s2>\d{2}))?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_PARTS: Final = (("m", "m2", "m3"), ("d", "d2", "d3"), ("h", "h2"), ("mi", "mi2"), ("s", "s2"))
_SERIAL: Final = re.compile(r"[1-9]\d{4}(?:\.\d+)?")
_SERIAL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (local, as the cell is)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?|(\d{2})(\d{2})(\d{2})")


class ZoneError(YipanqiError):
    """The zone for times without an offset is not known."""

    code = "zone_unknown"


def check_zone(zone: str) -> None:
    """Raise ZoneError unless `zone` is a name of the time zone database."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneError(f"{zone!r} is no time zone such as Asia/Shanghai") from error


def read_instants(cells: pl.Series, zone: str, *, excel: bool) -> pl.Series:
    """Each cell's instant as Int64, null where it cannot be read or lies before 1970."""
    frame = pl.DataFrame({"cell": cells}).with_columns(at=pl.lit(None, pl.Int64))
    for shape, form, kind in _SHAPES:
        rest = frame["at"].is_null() & frame["cell"].str.contains(shape)
        if not rest.any():
            continue
        wanted = pl.when(rest).then(pl.col("cell")) if not rest.all() else pl.col("cell")
        frame = frame.with_columns(
            at=pl.coalesce("at", _parsed(wanted, form, zone if kind == "caller" else kind))
        )
    odd = frame.filter(pl.col("at").is_null() & pl.col("cell").is_not_null())["cell"].unique()
    if len(odd):
        table = pl.DataFrame(
            {"cell": odd, "slow": [_one(cell, zone, excel) for cell in odd]},
            schema={"cell": pl.String, "slow": pl.Int64},
        )
        frame = frame.join(table, on="cell", how="left", maintain_order="left")
        frame = frame.with_columns(at=pl.coalesce("at", "slow"))
    return frame.select(pl.when(pl.col("at") >= 0).then("at"))["at"]


def _parsed(cells: pl.Expr, form: str, zone: str) -> pl.Expr:
    at = cells.str.to_datetime(form, time_unit="us", strict=False)
    if zone != "own":
        at = at.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return at.dt.epoch("us")


def _one(cell: str, zone: str, excel: bool) -> int | None:
    if excel and _SERIAL.fullmatch(cell):
        return _micros(_SERIAL_EPOCH + timedelta(milliseconds=round(float(cell) * 86_400_000)), zone)
    match = _ANY.fullmatch(cell)
    if match is None:
        return None
    year = int(match["y"])
    month, day, hour, minute, second = (
        int(next((text for name in names if (text := match[name])), 0)) for names in _PARTS
    )
    try:
        part = int((match["part"] or "").ljust(6, "0")[:6])
        at = datetime(year, month, day, hour, minute, second, part)  # noqa: DTZ001 (its zone comes next)
    except ValueError:
        return None
    return _micros(at, match["zone"] or zone)


def _micros(at: datetime, zone: str) -> int | None:
    if zone == "Z":
        aware = at.replace(tzinfo=UTC)
    elif zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if shift >= timedelta(days=1):
            return None
        aware = at.replace(tzinfo=timezone(-shift if zone[0] == "-" else shift))
    else:
        aware = at.replace(tzinfo=ZoneInfo(zone))
        if aware.utcoffset() != aware.replace(fold=1).utcoffset():  # skipped or repeated
            return None
    return (aware - _EPOCH) // timedelta(microseconds=1)


def instant_cells(cells: pl.DataFrame) -> pl.Series:
    """One text a row out of `booked_at`, `date`, `posted_date` and `time`: a day and a time of day are put together.

    A day alone is its midnight. A time of day without a day is left as it is, and not read.
    """
    have = set(cells.columns)
    days = [pl.col(name) for name in ("date", "posted_date") if name in have]
    day = cells.select(pl.coalesce(days).alias("day"))["day"] if days else None
    if "booked_at" in have:
        whole = cells["booked_at"]
        if day is None:
            return whole
        clocks = whole.is_null() | whole.str.contains(r"^(\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?|\d{6})$")
        return pl.select(pl.when(clocks).then(_joined(day, whole)).otherwise(whole).alias("at"))["at"]
    assert day is not None  # a table without any of them was refused
    return _joined(day, cells["time"]) if "time" in have else day


def _joined(day: pl.Series, clock: pl.Series) -> pl.Series:
    table = {cell: _clock(cell) for cell in clock.drop_nulls().unique()}
    both = pl.DataFrame({"day": day.str.extract(r"^([^T ]+)"), "said": clock}).with_columns(
        clock=pl.col("said").replace_strict(table, default=None, return_dtype=pl.String) if table else "said"
    )
    joined = pl.when(pl.col("said").is_null()).then("day").otherwise(pl.col("day") + " " + pl.col("clock"))
    return both.select(joined.alias("at"))["at"]


def _clock(cell: str) -> str:
    """A time of day as HH:MM:SS; a whole instant gives its time; anything else a text that no shape fits."""
    match = _TIME.fullmatch(cell.rpartition(" ")[2])
    if match is None:
        return "?"
    if match[5]:
        return f"{match[5]}:{match[6]}:{match[7]}"
    return f"{int(match[1]):02d}:{match[2]}:{match[3] or '00'}{match[4] or ''}"
