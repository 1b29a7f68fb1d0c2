"""A finished run on a file that it was not trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.data.text.csv_settings import CsvSettings
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import SavedRun, load_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    """Trained on a semicolon file with decimal commas and a missing-value word of its own."""
    folder = tmp_path_factory.mktemp("run")
    draw = np.random.default_rng(0)
    x, y = draw.normal(5, 2, 60).round(3), draw.normal(0, 1, 60).round(3)
    lines = ["x;y;z"] + [f"{a};{b};{2 * a - b:.3f}".replace(".", ",") for a, b in zip(x, y, strict=True)]
    lines[4] = "weg;" + lines[4].split(";", 1)[1]
    (folder / "train.csv").write_text("A title\n" + "\n".join(lines) + "\n", encoding="utf-8")
    reader = CsvSettings(missing_words=("weg",), skip_rows=1)
    source = FileSource(path=str(folder / "train.csv"), reader=reader)
    spec = ExperimentSpec().with_values({"data.target": "z", "training.epochs": 2})
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"source": source})})
    run_experiment(spec).save(folder / "run")
    return load_run(folder / "run")


def predicted(run: SavedRun, path: Path, text: str, encoding: str = "utf-8") -> tuple[list[float], list[str]]:
    path.write_text(text, encoding=encoding)
    notes = run.predict_file(path, path.with_suffix(".out"))
    return list(pd.read_csv(path.with_suffix(".out"))["prediction"]), notes


def test_few_rows_are_read_as_the_training_rows_were(run: SavedRun, tmp_path: Path) -> None:
    # Nothing in these rows says that commas are decimal: as thousands they would be 1,500 and 2,250.
    commas, notes = predicted(run, tmp_path / "a.csv", "x;y\n1,500;2,250\nweg;1,125\n")
    points, _ = predicted(run, tmp_path / "b.csv", "x,y\n1.500,2.250\n,1.125\n")
    assert notes == []
    assert commas == points


def test_no_row_is_lost_to_a_preamble_that_only_the_training_file_had(run: SavedRun, tmp_path: Path) -> None:
    assert len(predicted(run, tmp_path / "a.csv", "x;y\n1,5;2,5\n2,5;3,5\n")[0]) == 2


def test_a_file_of_another_look_is_read_by_it_and_a_note_says_so(run: SavedRun, tmp_path: Path) -> None:
    values, notes = predicted(run, tmp_path / "a.csv", "x,y\n1.5,2.5\n2.5,3.5\n")
    assert len(values) == 2
    assert "read by its own look" in notes[0]
