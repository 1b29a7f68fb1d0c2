"""Training a run again: equal to the bit, or what differs first and what explains it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from gdstudio.__main__ import main
from gdstudio.core.control import Cancelled, RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.descents import save_descent
from gdstudio.projects.reproduce import reproduce
from gdstudio.training.minimize import minimize
from gdstudio.training.run import run_experiment


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = pd.DataFrame({"a": range(90), "b": [i % 7 for i in range(90)], "t": ["no", "yes", "yes"] * 30})
    path = tmp_path_factory.mktemp("data") / "table.csv"
    frame.to_csv(path, index=False)
    return path


def trained(table: Path, folder: Path, **values: object) -> Path:
    source = {"data.source": {"kind": "file", "path": str(table)}, "data.target": "t", "model.hidden": [4]}
    run_experiment(ExperimentSpec().with_values({**source, "training.epochs": 4, **values})).save(folder)
    return folder


def test_a_run_comes_out_the_same(table: Path, tmp_path: Path) -> None:
    found = reproduce(trained(table, tmp_path / "run", **{"model.dropout": 0.3, "training.patience": 3}))
    assert found.identical
    assert found.text == "Identical: 8 steps, 4 epochs, 18 predictions and every weight are equal to the last bit."
    assert found.explanation == ""


def test_what_differs_first_is_named_with_its_step_and_its_cause(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(table, tmp_path / "run")
    history = (run / "history.csv").read_text().splitlines()
    row = history[3].split(",")
    row[2] = "0.5"
    (run / "history.csv").write_text("\n".join([*history[:3], ",".join(row), *history[4:]]) + "\n")
    found = reproduce(run)
    assert (found.identical, found.causes) == (False, ())
    assert found.text.startswith("Different from step 3 on: train_loss is ")
    assert found.text.endswith(" and 0.5 in the run.")
    assert found.explanation.startswith("Versions, device, threads and data are what they were")
    environment = json.loads((run / "environment.json").read_text())
    (run / "environment.json").write_text(json.dumps({**environment, "torch": "2.0.1", "threads": 7}))
    found = reproduce(run)
    assert "the threads were 7 and are 1" in found.explanation
    assert "torch was 2.0.1 and is " in found.explanation
    assert main(["reproduce", str(run), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["message"] == found.text


def test_data_that_have_changed_explain_a_difference(table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(table.read_bytes())
    run = trained(copy, tmp_path / "run")
    copy.write_text(copy.read_text().replace("\n5,", "\n50000,"))
    found = reproduce(run)
    assert not found.identical
    assert found.causes[0].startswith("the data have changed")
    copy.unlink()
    with pytest.raises(StudioError, match=r"copy\.csv"):
        reproduce(run)


def test_of_a_run_that_was_stopped_the_steps_that_it_took_are_compared(table: Path, tmp_path: Path) -> None:
    control = RunControl()
    spec = ExperimentSpec().with_values({"data.source": {"kind": "file", "path": str(table)}, "training.epochs": 4})
    control.pause()
    control.step()
    control.step()

    def stop(event: object) -> None:
        if type(event).__name__ == "Paused":
            control.cancel()

    run_experiment(spec, control=control, on_event=stop).save(tmp_path / "run")
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["status"] == "cancelled"
    found = reproduce(tmp_path / "run")
    assert found.identical
    assert found.text.startswith("Identical as far as it went before it was stopped: ")
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        reproduce(tmp_path / "run", control=control)


def test_a_descent_comes_out_the_same(tmp_path: Path) -> None:
    spec = MinimizeSpec().with_values({"objective.noise": 0.1, "training.steps": 20})
    save_descent(minimize(spec), tmp_path / "d")
    found = reproduce(tmp_path / "d")
    assert (found.identical, found.text) == (True, "Identical: 20 steps are equal to the last bit.")
    history = (tmp_path / "d" / "history.csv").read_text().splitlines()
    (tmp_path / "d" / "history.csv").write_text("\n".join(history[:-2]) + "\n")
    assert "There are 21 steps this time and 19 in the run" in reproduce(tmp_path / "d").text
