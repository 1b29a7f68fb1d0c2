"""A run's progress on stderr, and how Ctrl+C ends it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from gdstudio.cli.output import say
from gdstudio.core.control import RunControl
from gdstudio.core.events import Event, LearningRateChanged, Note, Started
from gdstudio.core.history import RunHistory


@contextmanager
def interruptible(control: RunControl) -> Iterator[None]:
    """Ctrl+C and a polite kill end the run between two steps, so that what was done is kept."""

    def cancel(number: int, frame: FrameType | None) -> None:
        if control.cancelled:
            raise KeyboardInterrupt
        control.cancel()

    previous = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class RunProgress:
    """Progress on stderr, read from the history: a bar on a terminal, plain lines otherwise."""

    def __init__(self) -> None:
        self.history = RunHistory()
        self._total = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="progress", daemon=True)

    def __enter__(self) -> RunProgress:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def hear(self, event: Event) -> None:
        """Notes become lines; the start says how many steps there will be."""
        match event:
            case Started():
                self._total = event.total_steps
            case Note():
                say(event.text)
            case LearningRateChanged():
                say(f"Learning rate {event.lr:g} from step {event.step} on.")

    def _report(self) -> None:
        if sys.stderr.isatty():
            self._bar()
        else:
            self._lines()

    def _bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        losses = TextColumn("{task.fields[losses]}")
        columns = (TextColumn("Training"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), losses)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None, losses="")
            while not self._ended.wait(0.1):
                bar.update(task, total=self._total or None, completed=len(self.history.steps), losses=self._losses())

    def _lines(self) -> None:
        told = 0
        while not self._ended.wait(0.2):
            tenth = 10 * len(self.history.steps) // self._total if self._total else 0
            if tenth > told:
                told = tenth
                say(f"{10 * tenth} % of {self._total} steps. {self._losses()}")

    def _losses(self) -> str:
        epochs = self.history.epochs.snapshot()
        if not len(epochs["epoch"]):
            return ""
        text = f"Epoch {epochs['epoch'][-1]:.0f}: loss {epochs['train_loss'][-1]:.4g}"
        validation = epochs["validation_loss"][-1]
        return f"{text}, validation {validation:.4g}" if validation == validation else text


class ShareProgress:
    """Progress of work that knows its share: a bar on a terminal, a line each tenth otherwise."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._told = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> ShareProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (TextColumn(self._title), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0)
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def report(self, share: float) -> None:
        """The share that is done, 0 … 1."""
        if self._bar is not None:
            self._bar.update(self._task, completed=share)
        elif int(10 * share) > self._told:
            self._told = int(10 * share)
            say(f"{self._title}: {10 * self._told} %")
