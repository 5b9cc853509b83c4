"""Casework: how work lives, who may do it, when it is due and which comes first, free of any framework.

Lifecycles, authority, deadlines and the order of calls are tables and pure functions here; the ops apps load rows,
ask this room, and write what it answers.
"""
