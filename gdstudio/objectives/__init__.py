"""What is minimized: losses for data."""
