"""What doors may do with a case's money: trace it, work in the trace, take its papers, decide on suggestions, hand in
files; and how a worker makes the engine ready."""

from yipanqi.analytics.deciding import dismiss_suggestion, take_suggestion
from yipanqi.analytics.exporting import export_trace
from yipanqi.analytics.importing import FILE_LIMIT, import_file, rejects_of
from yipanqi.analytics.traced import stop_traced, unmask_traced
from yipanqi.analytics.tracing import SINKS, ask_trace, mark_sink, pin, unmark_sink, unpin
from yipanqi.analytics.transfers import count_fates, take_transfers
from yipanqi.engine.tracing.warming import warm_up

__all__ = [
    "FILE_LIMIT",
    "SINKS",
    "ask_trace",
    "count_fates",
    "dismiss_suggestion",
    "export_trace",
    "import_file",
    "mark_sink",
    "pin",
    "rejects_of",
    "stop_traced",
    "take_suggestion",
    "take_transfers",
    "unmark_sink",
    "unmask_traced",
    "unpin",
    "warm_up",
]
