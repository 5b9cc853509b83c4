"""Plays the synthetic province against a centre through its real doors; also builds the world tests stand in."""
