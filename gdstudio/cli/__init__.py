"""The command line: everything that the window does, without one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any

import typer

from gdstudio.cli import commands
from gdstudio.cli.app import BAD_INPUT, CANCELLED, app
from gdstudio.cli.output import complain
from gdstudio.core.errors import StudioError

#: What typer raises for a wrong option or argument; it names the class only by its kinds.
UsageError: type[Any] = typer.BadParameter.__mro__[1]

for _module in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
    importlib.import_module(f"{commands.__name__}.{_module}")


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one subcommand; a mistake is one or two lines on stderr and exit code 2."""
    try:
        code = app(args=list(arguments), standalone_mode=False)
        return int(code or 0)
    except StudioError as error:
        complain(error.message, error.hint)
        return BAD_INPUT
    except typer.Exit as end:
        return int(end.exit_code)
    except UsageError as error:
        complain(error.format_message(), "See gdstudio --help.")
        return BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        print("Cancelled.", file=sys.stderr)  # noqa: T201
        return CANCELLED
    except BrokenPipeError:
        # The reader of our output went away, e.g. `gdstudio list | head`: nobody is left to tell.
        sys.stdout = None
        return 0
