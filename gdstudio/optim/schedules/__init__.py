"""Learning-rate schedules, one module each."""
