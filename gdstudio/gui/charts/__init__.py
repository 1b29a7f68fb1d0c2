"""Charts: one base for colours, gestures, read-out, export and empty places."""
