"""Coercive measures: payment stops, who signed them, the orders that carry them to a bank, and the bank's answers."""
