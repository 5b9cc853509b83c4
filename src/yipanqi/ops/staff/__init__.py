"""Officers: who they are, where they serve, what they may do, and how they sign in."""
