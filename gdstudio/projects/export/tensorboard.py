"""A run's curves as an event file of TensorBoard, written by hand: the format is a page, the package is 90 MB.

Source of the format: TensorFlow, ``core/lib/io/record_writer.h`` and ``core/util/event.proto``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_atomic
from gdstudio.training.run_folder import load_run

_CLOCK = "seconds"


def _table() -> tuple[int, ...]:
    """CRC-32C (Castagnoli 1993) of each byte, bits reversed."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x82F63B78 if byte & 1 else byte >> 1
        table.append(byte)
    return tuple(table)


_BYTES: Final = _table()


def crc32c(data: bytes) -> int:
    """The checksum of RFC 3720, appendix B.4."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _BYTES[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def export_events(folder: Path, out: Path) -> list[Path]:
    """Write the curves and the test scores of a saved run; the file that was written.

    Args:
        folder: The run's folder.
        out: The log folder that ``tensorboard --logdir`` is given; it is made where it is missing.

    Raises:
        StudioError: The folder is no run, a table of it is damaged, or ``out`` cannot be written.
    """
    run = load_run(folder)
    make_folder(out)
    try:
        steps, epochs = (pd.read_csv(run.folder / f"{name}.csv") for name in ("history", "epochs"))
        metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
        began = (run.folder / "history.csv").stat().st_mtime
        scores = [(f"test/{k}", v) for k, v in (metrics.get("test") or {}).items() if isinstance(v, float)]
    except (OSError, ValueError, AttributeError) as error:
        raise StudioError(f"A table of the run cannot be read: {error}.", "Train it again.") from None
    path = out / f"events.out.tfevents.{int(began)}.gdstudio"
    last = int(steps["step"].iloc[-1]) if len(steps) else 0

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(_record(_double(1, began) + _text(3, b"brain.Event:2")))
            for prefix, table in (("step", steps), ("epoch", epochs)):
                for at, tag, value in _scalars(prefix, table):
                    file.write(_record(_event(began, at, tag, value)))
            for tag, value in scores:
                file.write(_record(_event(began, last, tag, value)))

    write_atomic(path, write)
    return [path]


def _scalars(prefix: str, table: pd.DataFrame) -> Iterator[tuple[int, str, float]]:
    """Step, tag and value of everything that was measured."""
    names = [name for name in table.columns if name not in ("step", "epoch", _CLOCK)]
    columns = [table[name].to_numpy(np.float64) for name in names]
    for row, at in enumerate(table["step"].to_numpy(np.int64)):
        for name, column in zip(names, columns, strict=True):
            if np.isfinite(column[row]):
                yield int(at), f"{prefix}/{name}", float(column[row])


def _event(clock: float, step: int, tag: str, value: float) -> bytes:
    """``Event {wall_time, step, summary {value {tag, simple_value}}}``."""
    scalar = _text(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    return _double(1, clock) + b"\x10" + _varint(step) + _text(5, _text(1, scalar))


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _text(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _record(data: bytes) -> bytes:
    """Length, its checksum, the data, their checksum; checksums are masked as the format wants it."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
