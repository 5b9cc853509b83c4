"""`yipanqi province`: makes a synthetic province and says what is in the folder."""

import argparse
from typing import Final

from yipanqi.cli.progress import Progress
from yipanqi.engine.province import generate

MANIFEST: Final = "manifest.json"


def make_province(options: argparse.Namespace) -> int:
    """Make and write the province that `options` ask for; print its manifest or a summary; return 0."""
    province = generate(
        options.seed,
        options.days,
        options.out,
        start_date=options.start,
        scale=options.scale,
        warnings_per_day=options.warnings_per_day,
        on_day=Progress("day"),
    )
    if options.json:
        print((options.out / MANIFEST).read_text(encoding="utf-8"), end="")
        return 0
    print(f"{'residents':<10} {len(province.residents):>10,}")
    print(f"{'accounts':<10} {len(province.accounts):>10,}")
    print(f"{'transfers':<10} {len(province.transfers):>10,}")
    print(f"{'warnings':<10} {len(province.warnings):>10,}")
    print(f"{'frauds':<10} {len(province.truth.frauds):>10,}")
    print(f"written to {options.out}")
    return 0
