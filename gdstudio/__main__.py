"""``gdstudio`` and ``python -m gdstudio``: no subcommand opens the window, a subcommand runs without one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Returns:
        The exit code: 0 done, 2 bad input, 130 cancelled.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    from gdstudio.cli import is_command_line, run_command_line

    if is_command_line(given):
        return run_command_line(given)
    if importlib.util.find_spec("gdstudio.gui") is None:
        print(  # noqa: T201
            "gdstudio: This installation has no window, only commands.\nSee gdstudio --help.", file=sys.stderr
        )
        return 2
    from gdstudio.gui.launch import launch

    return launch(given)


if __name__ == "__main__":
    sys.exit(main())
