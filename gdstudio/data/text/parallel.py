"""Parsing a large plain text on all cores."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from gdstudio.core.control import Cancelled
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.streams import compression_of
from gdstudio.data.text.dialect import Dialect

#: Smaller files are parsed as fast from a stream, which knows how far it is.
_SMALLEST = 16 << 20
#: What two cores parse in a second, roughly: the progress of a parse that tells nothing of itself is estimated.
_BYTES_PER_SECOND = 250e6
_WAIT_SECONDS = 0.05


def fits(dialect: Dialect, path: Path) -> bool:
    """Whether a text is large, and plain enough that pandas reads it from its path on several cores."""
    with path.open("rb") as file:
        head = file.read(8)
    plain = dialect.encoding in ("utf-8", "utf-8-sig", "ascii") and not compression_of(head)
    return plain and path.stat().st_size >= _SMALLEST and dialect.lines <= 1


def parse_beside(
    path: Path, parse: Callable[[], pd.DataFrame], progress: Progress, cancelled: IsCancelled
) -> pd.DataFrame:
    """Run ``parse`` on a thread of its own while this one reports progress and listens for a cancel.

    A parse cannot be stopped: after a cancel it ends by itself within seconds, and its frame is dropped.

    Raises:
        Cancelled: ``cancelled`` said so.
    """
    result: list[pd.DataFrame] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(parse())
        except BaseException as error:
            failure.append(error)

    expected = path.stat().st_size / _BYTES_PER_SECOND
    began = time.monotonic()
    thread = threading.Thread(target=work, name="parse", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_WAIT_SECONDS)
        if cancelled():
            raise Cancelled
        progress(1 - math.exp(-(time.monotonic() - began) / expected))
    if failure:
        raise failure[0]
    return result[0]
