"""Places and their tree, and the scope rule by which every object is seen or not seen."""
