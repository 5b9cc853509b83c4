"""Views of the officers' desks, one module per desk."""
