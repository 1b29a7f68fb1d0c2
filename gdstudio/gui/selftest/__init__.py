"""What the self-test does with a window, a step a module, each with a ``STEP``."""
