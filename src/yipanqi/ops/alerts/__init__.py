"""Warnings as they come in, the alerts they make, and the rows that could not be read."""
