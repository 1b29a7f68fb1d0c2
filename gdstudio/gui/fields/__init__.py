"""The controls that a form is made of, one module a kind of setting."""
