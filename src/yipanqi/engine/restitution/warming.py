"""`python -m yipanqi.engine.restitution.warming`: have every kernel compiled that a split needs.

Done once a machine and source, by `make setup`. Touches nothing but the folder of compiled kernels.
"""

import json

from yipanqi.engine.restitution.comparing import compare
from yipanqi.engine.restitution.reading import parse_case

_BOOKED = "2020-01-01T09:00:00Z"
_ROWS = (("V", "A"), ("W", "A"), ("A", "B"), ("A", "C"))


def warm_up() -> None:
    """Split a tiny case by every method."""
    rows = [
        {"id": str(at), "booked_at": _BOOKED, "serial": at, "payer": payer, "payee": payee, "amount": "1.00"}
        for at, (payer, payee) in enumerate(_ROWS)
    ]
    frozen, claims = {"B": {"principal": "0.50"}}, {"V": {"loss": "1.00"}}
    case = {"id": "warm", "transfers": rows, "frozen": frozen, "claims": claims}
    compare(parse_case(json.dumps(case)).case)


if __name__ == "__main__":
    warm_up()
