"""Warnings to measure with: real texts from ../shared/data when it is there, else the synthetic province's."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

SHARED_TEXTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "text" / "telecom8.parquet"
COUNTIES = (
    "350102",
    "350104",
    "350203",
    "350206",
    "350502",
    "350582",
    "350603",
    "350802",
    "350902",
    "350121",
)


def texts() -> tuple[list[str], str]:
    """Narratives and where they come from."""
    if SHARED_TEXTS.exists():
        import polars  # inline: only where the file is

        return polars.read_parquet(SHARED_TEXTS)["text"].to_list(), "real and published texts (telecom8)"
    from yipanqi.engine.province.making import generate

    province = generate(7, 2, warnings_per_day=500)
    return [w.row["text"] for w in province.warnings if w.row.get("text")], "synthetic province's texts"


def warnings(prefix: str, first_person: int = 0) -> Iterator[dict[str, object]]:
    """Valid rows without end: new person each time from `first_person` on, texts and places in turn."""
    narratives, _ = texts()
    now = datetime.now(UTC).isoformat()
    for number, text in enumerate(itertools.cycle(narratives)):
        yield {
            "external_id": f"{prefix}-{number}",
            "occurred_at": now,
            "person_phone": f"1{3_700_000_000 + first_person + number}",
            "person_name": "测量甲",
            "jurisdiction_code": COUNTIES[number % len(COUNTIES)],
            "text": text[:2000],
            "amount": f"{1000 + number % 90000}.00",
            "paid": number % 7 == 0,
            "suspect_account": f"62999900{number % 5000:08}",
        }
