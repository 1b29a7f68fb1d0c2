"""A program in a process of its own: in another Python, or where the program brings none, in a copy of itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError

#: The script in a process that has no gdstudio, whatever is installed.
_RUN = (
    "import runpy, sys; sys.modules['gdstudio'] = None; sys.argv = sys.argv[1:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


class _Process(Protocol):
    def wait(self, seconds: float) -> int | None:
        """The exit code once it has ended; None where it still goes after so many seconds."""

    def kill(self) -> None:
        """End it, and wait until it has."""


def run_alone(arguments: Sequence[str], folder: Path, cancelled: Callable[[], bool] = lambda: False) -> str:
    """Run a script that cannot import gdstudio, and return what it printed.

    Args:
        arguments: The script and what it is told.
        folder: Where it runs; gets two files.
        cancelled: Asked now and then; once true the script is ended.

    Raises:
        StudioError: It ended with an error; says what it complained of.
        Cancelled: ``cancelled`` said so.
    """
    process: _Process = _Copy(arguments, folder) if is_frozen() else _Python(arguments, folder)
    try:
        while (code := process.wait(0.2)) is None:
            if cancelled():
                raise Cancelled
    finally:
        process.kill()
    if code:
        complaint = (folder / "err").read_text(encoding="utf-8", errors="replace")
        lines = complaint.strip().splitlines() or ["it said nothing"]
        raise StudioError(f"The script ended with an error: {lines[-1]}.", "Run it in a terminal to see all of it.")
    return (folder / "out").read_text(encoding="utf-8", errors="replace")


def is_frozen() -> bool:
    """Whether this program brings no Python that could be started by itself."""
    return bool(getattr(sys, "frozen", False))


class _Python:
    """A Python of its own."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _RUN, *arguments],
                cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class _Copy:
    """This program once more, which does nothing but run the script."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        import multiprocessing

        self._process = multiprocessing.get_context("spawn").Process(
            target=_run_here, args=(list(arguments), str(folder)), daemon=True
        )
        self._process.start()

    def wait(self, seconds: float) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode

    def kill(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._process.close()


def _run_here(arguments: list[str], folder: str) -> None:
    """Run a script in this process, which is there for nothing else."""
    import os
    import runpy
    import traceback

    os.chdir(folder)
    out, err = Path("out"), Path("err")
    with out.open("w", encoding="utf-8") as sys.stdout, err.open("w", encoding="utf-8") as sys.stderr:
        sys.argv = arguments
        # As if it were not installed: an import of it fails.
        for name in [name for name in sys.modules if name.partition(".")[0] == "gdstudio"]:
            del sys.modules[name]
        sys.modules["gdstudio"] = None  # type: ignore[assignment]
        try:
            runpy.run_path(arguments[0], run_name="__main__")
        except SystemExit as ended:
            raise SystemExit(1 if ended.code else 0) from None
        except BaseException:
            traceback.print_exc()
            raise SystemExit(1) from None
