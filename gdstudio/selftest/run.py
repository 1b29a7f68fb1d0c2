"""Runs every step, times it, and watches for sockets meanwhile."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import gdstudio
from gdstudio.core.errors import StudioError
from gdstudio.selftest.step import NotHere, Step, Unmet

#: Packages whose modules are steps; one that is not installed, e.g. without the window, has none.
PACKAGES = ("gdstudio.selftest.steps", "gdstudio.gui.selftest")
#: A folder name that breaks programs which take paths for ASCII words.
_AWKWARD = "gdstudio sélf tést 試 "
_SOCKET_EVENTS = ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname")

Verdict = Literal["passed", "failed", "not here"]


@dataclass(frozen=True)
class Outcome:
    """How one step went.

    Attributes:
        key: The step's.
        label: The step's.
        verdict: ``passed``, ``failed``, or ``not here`` where it means nothing on this installation.
        seconds: How long it took.
        said: What was seen, or what does not hold.
    """

    key: str
    label: str
    verdict: Verdict
    seconds: float
    said: str


def steps() -> list[Step]:
    """Every step of every package, in their order."""
    found: list[Step] = []
    for name in PACKAGES:
        if importlib.util.find_spec(name.rpartition(".")[0]) is None:
            continue
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__):
            try:
                step = getattr(importlib.import_module(f"{name}.{module.name}"), "STEP", None)
            except Exception as error:  # a part of the program that is missing, which is what is looked for
                step = _broken(module.name, error)
            if step is not None:
                found.append(step)
    return sorted(found, key=lambda step: (step.order, step.key))


def _broken(name: str, error: Exception) -> Step:
    """In place of a step that cannot even be imported."""

    def run(_: Path) -> str:
        raise error

    return Step(key=name, label=f"Loads what {name} needs", run=run)


def run_selftest(on_outcome: Callable[[Outcome], None] = lambda outcome: None) -> dict[str, Any]:
    """Run every step in a folder of its own, then say whether a socket was opened meanwhile.

    Args:
        on_outcome: Hears of each step as it ends.

    Returns:
        The document of ``--out``: ``passed``, the program's and the system's versions, and ``steps``.
    """
    # Before Qt is imported: the self-test must not need a screen, nor flash on one.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sockets = _watch_sockets()
    if sys.platform == "win32":
        # WORKAROUND: https://github.com/pytorch/pytorch/issues/166628 - torch after Qt can fail to load there.
        import torch  # noqa: F401
    outcomes: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        on_outcome(outcome)

    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=_AWKWARD, ignore_cleanup_errors=True) as folder:
        for step in steps():
            own = Path(folder) / step.key
            own.mkdir()
            note(_outcome(step, own))

    def no_socket(_: Path) -> str:
        if sockets:
            raise Unmet(f"Sockets were used: {', '.join(sorted(set(sockets)))}.")
        return "No socket was made, connected or resolved during all steps above."

    note(_outcome(Step(key="network", label="No network", run=no_socket), Path()))
    frozen = bool(getattr(sys, "frozen", False))
    # A frozen program has everything with it: there a step that does not apply is a part that was left out.
    good = ("passed",) if frozen else ("passed", "not here")
    return {
        "passed": all(outcome.verdict in good for outcome in outcomes),
        "version": gdstudio.__version__,
        "frozen": frozen,
        "python": platform.python_version(),
        "system": platform.platform(),
        "seconds": round(time.perf_counter() - began, 3),
        "steps": [asdict(outcome) for outcome in outcomes],
    }


def _outcome(step: Step, folder: Path) -> Outcome:
    began = time.perf_counter()
    verdict: Verdict = "failed"
    try:
        said = step.run(folder)
        verdict = "passed"
    except NotHere as reason:
        verdict, said = "not here", str(reason)
    except (Unmet, StudioError) as error:
        said = str(error)
    except Exception as error:  # a step that breaks down is a finding like any other
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})" if trace else ""
        said = f"{type(error).__name__}: {error}{place}"
    return Outcome(step.key, step.label, verdict, round(time.perf_counter() - began, 3), said)


def _watch_sockets() -> list[str]:
    """A list that grows by the name of each use of a socket from now on."""
    seen: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SOCKET_EVENTS:
            seen.append(event)

    sys.addaudithook(hear)
    return seen
