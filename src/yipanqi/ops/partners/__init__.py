"""Partners outside the house: who they are, the keys they call with and how much they may send."""
