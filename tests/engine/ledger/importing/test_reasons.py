"""Every reason to reject has its sentence, and every sentence its reason."""

import re
from pathlib import Path

from yipanqi.catalog import reject_reasons
from yipanqi.engine.ledger import importing

SOURCE = "".join(path.read_text("utf-8") for path in Path(importing.__file__).parent.glob("*.py"))


def test_codes_are_the_catalogs() -> None:
    assert {code for code in reject_reasons() if f'"{code}"' not in SOURCE} == set()
    used = set(re.findall(r'Check\([^,]+, "(\w+)"', SOURCE)) | set(
        re.findall(r'reason_code=pl\.lit\("(\w+)"\)', SOURCE)
    )
    assert used and used <= set(reject_reasons())
