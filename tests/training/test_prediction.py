"""Rows of another file: chunks give the bits that all rows give, in the window's list as on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.modules import loss_entry
from gdstudio.training.prediction import CHUNK_ROWS, in_chunks, joined, predict_new
from gdstudio.training.result import RunResult, predict
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import load_run, predictions_frame


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_experiment(ExperimentSpec().with_values({"training.epochs": 2}))


def many(result: RunResult) -> pd.DataFrame:
    """Two chunks and a bit."""
    frame = result.dataset.table.frame
    rows = np.random.default_rng(0).integers(0, len(frame), 2 * CHUNK_ROWS + 5)
    return frame.iloc[rows].reset_index(drop=True)


def new(result: RunResult, path: Path, **options: object):
    data = result.dataset
    return predict_new(result.model, loss_entry(result.spec), data.preparation, data.spec.source, path, **options)


def test_chunks_give_the_same_bits(result: RunResult, tmp_path: Path) -> None:
    frame, data = many(result), result.dataset
    loss, rows = loss_entry(result.spec), np.arange(2 * CHUNK_ROWS + 5)
    whole = predict(result.model, loss, data.preparation, data.preparation.transform(frame), rows, frame["bought"])
    chunks = list(in_chunks(result.model, loss, data.preparation, frame, target=True))
    assert [len(chunk) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, 5]
    together = joined(chunks)
    pd.testing.assert_frame_equal(predictions_frame(together), predictions_frame(whole), check_exact=True)
    result.save(tmp_path / "run")
    frame.drop(columns=["bought"]).to_csv(tmp_path / "new.csv", index=False)
    load_run(tmp_path / "run").predict_file(tmp_path / "new.csv", tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv")
    expected = predictions_frame(whole).drop(columns=["target"])
    np.testing.assert_array_equal(written["probability_yes"], expected["probability_yes"])
    assert written["row"].tolist() == rows.tolist()
    assert written["prediction"].tolist() == expected["prediction"].tolist()


def test_a_file_with_targets_has_errors_to_show(result: RunResult, tmp_path: Path) -> None:
    frame = result.dataset.table.frame.head(50).copy()
    frame.to_csv(tmp_path / "known.csv", index=False)
    assert new(result, tmp_path / "known.csv").predictions.target.tolist() == frame["bought"].tolist()
    frame.loc[3, "bought"] = None
    frame.loc[4, "education"] = "professor"
    frame.to_csv(tmp_path / "partly.csv", index=False)
    found = new(result, tmp_path / "partly.csv")
    assert found.predictions.target is None
    assert any("known in 49 of 50 rows" in note for note in found.notes)
    assert any("1 row holds a value in 'education'" in note for note in found.notes)


def test_it_ends_when_asked_and_says_what_is_missing(result: RunResult, tmp_path: Path) -> None:
    frame = result.dataset.table.frame.head(50)
    frame.to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(Cancelled):
        new(result, tmp_path / "new.csv", cancelled=lambda: True)
    frame.drop(columns=["income"]).to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(StudioError, match="'income' is missing"):
        new(result, tmp_path / "less.csv")
