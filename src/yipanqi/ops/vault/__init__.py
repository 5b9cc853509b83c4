"""Personal fields at rest: the key ring, sealed values, blind indexes and the masks shown on screen."""
