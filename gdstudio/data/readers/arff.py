"""Weka's ARFF."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading


class ArffSettings(Settings):
    """Nothing to choose: the file says everything itself."""

    kind: Literal["arff"] = "arff"


def offers(path: Path, head: bytes) -> float:
    """It begins with @relation, after comments."""
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        line = line.strip()
        if line and not line.startswith(b"%"):
            return float(line[:9].lower() == b"@relation")
    return 0.0


def build(settings: ArffSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read dense and sparse rows; the last attribute with names of classes is the target, as Weka takes it."""
    from gdstudio.data.text.arff import read_arff

    frame, columns, notes = read_arff(path, progress, cancelled)
    return Reading(frame, settings, tuple(notes), {}, columns)


ENTRY = ReaderEntry(
    key="arff",
    label="ARFF (Weka)",
    settings=ArffSettings,
    build=build,
    offers=offers,
    extensions=(".arff",),
    help="Weka's format: attributes with their types, then rows.",
    order=60,
    unpacks=("gzip", "bzip2", "xz", "zip"),
)
