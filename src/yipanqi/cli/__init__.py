"""The `yipanqi` command: a door to the engine and to the journal's check, for a shell and for scripts."""
