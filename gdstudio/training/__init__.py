"""The loop and what surrounds it: :func:`gdstudio.training.run.run_experiment` is the only way anything trains."""
