"""Gradient Descent Studio: load data, build a model, watch gradient descent, understand the result."""

__version__ = "0.1.0"
