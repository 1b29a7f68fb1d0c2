"""The vocabulary every other room speaks: specs, registries, errors, control, history, events, seeds."""
