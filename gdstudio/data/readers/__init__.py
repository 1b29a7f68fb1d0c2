"""Readers of table files, one module a format."""
