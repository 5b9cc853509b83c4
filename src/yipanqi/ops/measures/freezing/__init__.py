"""Freezes (冻结): proposing, deciding, changing, answering, warning and ending them."""
