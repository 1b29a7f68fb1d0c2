"""What the self-test does without a window, a step a module, each with a ``STEP``."""
