"""The door of the public: what a victim may look up by a code, without signing in, and what everybody may read."""
