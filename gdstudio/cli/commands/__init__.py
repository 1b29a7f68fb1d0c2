"""The subcommands, one module each: each of them registers itself with the application."""
