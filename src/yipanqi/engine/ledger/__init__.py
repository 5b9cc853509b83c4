"""The ledger: bank files in, checked transfers out, in time order, with an index of each account's debits and
credits.

Leaves following the money to `tracing`. Account numbers are whatever text the caller gives: plain on an analyst's
laptop, keyed tokens in the centre.
"""

from yipanqi.engine.ledger.columns import SCHEMA, Kind, LedgerError
from yipanqi.engine.ledger.table import Ledger, ledger_from_frame

__all__ = ["SCHEMA", "Kind", "Ledger", "LedgerError", "ledger_from_frame"]
