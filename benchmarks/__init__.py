"""Speed and size, measured on a whole centre over real HTTP with a real PostgreSQL. Never asserted by tests."""
