"""A GPU in plain Python, with the same interface."""
