"""Returns (返还): who gets held money back, by which method, with notice, decision, payout and closing."""
