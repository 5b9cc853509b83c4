"""Checking the chain: reads the feed from the first seal and names the first entry that does not fit."""

from collections.abc import Callable
from dataclasses import dataclass

from yipanqi.ops.journal.models import Seal
from yipanqi.ops.journal.sealing import GENESIS, entry_hash


@dataclass(frozen=True)
class Verification:
    """Result of a check. `head` is the last good hash: kept elsewhere, it also proves a cut-off tail."""

    ok: bool
    checked: int
    head: str
    first_broken: int | None = None
    reason: str = ""


def verify_chain(*, progress: Callable[[int], None] | None = None, expect_head: str = "") -> Verification:
    """Recompute every hash in feed order; stops at the first gap or changed entry.

    `expect_head` is a hash noted earlier: it must still be in the chain, else the tail was cut off.
    """
    checked, chain, seen_head = 0, GENESIS, not expect_head
    for seal in Seal.objects.select_related("entry").order_by("feed_no").iterator(chunk_size=2000):
        if seal.feed_no != checked + 1:
            return Verification(
                False, checked, chain, checked + 1, f"entry {checked + 1} is missing from the feed"
            )
        if entry_hash(chain, seal.feed_no, seal.entry) != seal.hash:
            return Verification(
                False, checked, chain, seal.feed_no,
                f"entry {seal.feed_no} ({seal.entry.event}, id {seal.entry_id}) does not match its hash",
            )  # fmt: skip
        chain, checked = seal.hash, seal.feed_no
        seen_head = seen_head or chain == expect_head
        if progress and checked % 10_000 == 0:
            progress(checked)
    if not seen_head:
        return Verification(
            False, checked, chain, checked + 1, "the noted head is not in the chain: its tail is gone"
        )
    return Verification(True, checked, chain)
