"""Screening (甄别): whose money it is, by the holder's evidence and a person's finding."""
