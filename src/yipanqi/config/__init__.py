"""The composition root: settings, addresses, the queue's wiring and the processes of one centre."""
