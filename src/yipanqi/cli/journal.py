"""`yipanqi journal verify`: checks the journal's hash chain in the centre's database."""

import argparse
import json
from dataclasses import asdict

from yipanqi.cli.centre import reached
from yipanqi.cli.progress import Progress
from yipanqi.kernel.errors import YipanqiError


class JournalUnreachableError(YipanqiError):
    """The journal cannot be read: the settings or the database do not answer."""

    code = "journal_unreachable"


def verify_journal(options: argparse.Namespace) -> int:
    """Check the whole chain and say how many entries hold; return 0, or 1 when an entry is broken."""
    with reached(JournalUnreachableError, "the journal cannot be read"):
        from yipanqi.ops.journal.verifying import verify_chain  # models load only after setup

        result = verify_chain(progress=Progress("entries"), expect_head=options.expect_head)
    if options.json:
        print(json.dumps(asdict(result), ensure_ascii=False))
    elif result.ok:
        print(f"the chain holds: {result.checked:,} entries checked, head {result.head}")
    else:
        print(f"broken at entry {result.first_broken}: {result.reason} ({result.checked:,} entries hold)")
    return 0 if result.ok else 1
