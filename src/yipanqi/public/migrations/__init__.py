"""Migrations of the public door."""
