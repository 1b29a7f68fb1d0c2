"""Rows written by one thread are read by another as whole rows."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gdstudio.core.history import Columns


def test_a_snapshot_keeps_its_rows_while_more_are_written() -> None:
    columns = Columns(("step", "loss"), capacity=2)
    columns.append({"step": [1, 2], "loss": [0.5, 0.25]})
    before = columns.snapshot()
    columns.append({"step": [3, 4, 5], "loss": [1, 2, 3]})
    assert before["loss"].tolist() == [0.5, 0.25]
    assert columns.snapshot()["step"].tolist() == [1, 2, 3, 4, 5]


def test_what_was_not_measured_is_nan() -> None:
    columns = Columns(("step", "norm"))
    columns.append({"step": [1]})
    assert np.isnan(columns.snapshot()["norm"]).all()


def test_a_snapshot_cannot_be_written_to() -> None:
    columns = Columns(("step",))
    columns.append({"step": [1]})
    with pytest.raises(ValueError, match="read-only"):
        columns.snapshot()["step"][0] = 7


def test_truncating_leaves_older_snapshots_alone() -> None:
    columns = Columns(("step",), capacity=2)
    columns.append({"step": [1, 2, 3]})
    before = columns.snapshot()["step"]
    columns.truncate(1)
    columns.append({"step": [9, 9]})
    assert before.tolist() == [1, 2, 3]
    assert columns.snapshot()["step"].tolist() == [1, 9, 9]


def test_a_reader_never_sees_half_a_row() -> None:
    columns = Columns(("a", "b"), capacity=1)
    done = threading.Event()
    torn = []

    def read() -> None:
        while not done.is_set():
            rows = columns.snapshot()
            if not np.array_equal(rows["a"], rows["b"]):
                torn.append(rows)

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(0, 20_000, 7):
        block = np.arange(start, start + 7, dtype=float)
        columns.append({"a": block, "b": block})
    done.set()
    reader.join()
    assert not torn
