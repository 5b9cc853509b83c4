"""Import of real bank flows: files of many layouts in, canonical transfers out, nothing lost and nothing guessed.

Every row is accepted, merged with the same transfer told elsewhere, or rejected with file, row, column, value
and reason. docs/import.md states the rules. `import_into` brings a batch into a ledger on disk. Leaves how a
ledger lies on disk to `store`.
"""

from yipanqi.engine.ledger.importing.batch import ZONE, FileRead, Imported, Totals, import_flows
from yipanqi.engine.ledger.importing.heads import ColumnMap, MappingError, read_map
from yipanqi.engine.ledger.importing.instants import ZoneError
from yipanqi.engine.ledger.importing.landing import Landed, import_into

__all__ = [
    "ZONE",
    "ColumnMap",
    "FileRead",
    "Imported",
    "Landed",
    "MappingError",
    "Totals",
    "ZoneError",
    "import_flows",
    "import_into",
    "read_map",
]
