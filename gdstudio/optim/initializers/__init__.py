"""Initial weights, one module each."""
