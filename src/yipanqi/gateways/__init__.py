"""Ways to banks and telecoms: one canonical message, adapters, signatures, and simulated institutions."""
