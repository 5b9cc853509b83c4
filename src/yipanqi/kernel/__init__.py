"""The kernel: money, ids, clock, durations, place codes and the error base, on the standard library alone.

Everything else stands on these few words. The kernel knows no fraud, no database and no framework; each module
is imported by its own name (`from yipanqi.kernel.money import parse_amount_minor`).
"""
