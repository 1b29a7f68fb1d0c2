"""Laboratories: questions that several runs answer, one module each."""
