"""The pages in the middle of the window. Each draws what the session holds when it is visible."""
