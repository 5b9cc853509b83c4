"""Cases: what was lost, by whom, to which accounts, and where the matter stands from report to trial."""
