"""The wall: the board's state live, from one listener per process to any number of screens."""
