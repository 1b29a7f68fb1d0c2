"""A function that a person types: from text to a checked tree, to torch operations, to mathematics on screen.

Nothing of it is ever evaluated as Python.
"""
