"""The project in the window: opened, saved, kept for a crash, found again."""
