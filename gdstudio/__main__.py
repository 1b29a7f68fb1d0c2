"""``gdstudio`` and ``python -m gdstudio``: no subcommand opens the window, a subcommand runs without one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

#: What may be said to the window; the last one is for the program itself, which shows a picture while it loads.
WINDOW_OPTIONS = ("--reset-settings", "--portable", "--splash")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Returns:
        The exit code: 0 done, 2 bad input, 130 cancelled.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if is_command_line(given):
        from gdstudio.cli import run_command_line

        return run_command_line(given)
    if importlib.util.find_spec("gdstudio.gui") is None:
        print(  # noqa: T201
            "gdstudio: This installation has no window, only commands.\nSee gdstudio --help.", file=sys.stderr
        )
        return 2
    from gdstudio.gui.launch import launch

    return launch(given)


def is_command_line(arguments: Sequence[str]) -> bool:
    """Whether a subcommand runs; without one, or with a file that exists, the window opens."""
    rest = [argument for argument in arguments if argument not in WINDOW_OPTIONS]
    return bool(rest) and not Path(rest[0]).is_file()


if __name__ == "__main__":
    if getattr(sys, "frozen", False) and {"--multiprocessing-fork", "-c"} & set(sys.argv):
        # This is the copy that runs an exported script, to verify it, or its helper: gdstudio.projects.export.alone.
        import multiprocessing

        multiprocessing.freeze_support()
    sys.exit(main())
