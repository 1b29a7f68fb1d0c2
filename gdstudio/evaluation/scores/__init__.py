"""Scores, one module each."""
