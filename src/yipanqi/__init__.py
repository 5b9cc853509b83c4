"""Yipanqi (一盘棋, "one board"): the operating system of an anti-fraud centre.

This file only names the version. The rooms of the house and the direction in which they may import each other
are written in docs/architecture.md and checked by import-linter.
"""

__version__ = "0.1.0"
