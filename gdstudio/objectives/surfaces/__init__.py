"""Functions worth descending, one a file."""
