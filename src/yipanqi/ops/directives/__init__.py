"""Directives: orders from a higher tier or a partner to a unit, due, acted on, checked and fed back."""
