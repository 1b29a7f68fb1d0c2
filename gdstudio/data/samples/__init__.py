"""Sample tables, one module each; none of them needs a network."""
