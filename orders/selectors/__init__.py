"""Reading orders. Nothing is written here; the moment is passed in."""
