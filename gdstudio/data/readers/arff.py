"""Weka's ARFF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading

_RELATION = re.compile(rb"^(\xef\xbb\xbf)?(\s*(%[^\n\r]*)?[\r\n]+)*\s*@relation\b", re.IGNORECASE)


class ArffSettings(Settings):
    """Nothing to choose: the file says everything itself."""

    kind: Literal["arff"] = "arff"


def offers(path: Path, head: bytes) -> float:
    """It begins with @relation, after comments."""
    return 1.0 if _RELATION.match(head) else 0.0


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
