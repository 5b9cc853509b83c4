"""The money ledger: two double-entry books that say whose loss is settled how far, and where held money lies."""
