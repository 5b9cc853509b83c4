"""Persons and payment accounts: one object each, whoever speaks of them."""
