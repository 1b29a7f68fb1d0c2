"""The loss over planes through the space of weights: which planes, how it is evaluated, how it is drawn."""
