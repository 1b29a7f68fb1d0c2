"""Text tables: which encoding, which dialect, then reading."""
