"""Figures of the board: the wall's state, kept by folding the journal onto a fresh count."""
