"""What decides a step from a gradient: optimizers, schedules, initial weights, penalties."""
