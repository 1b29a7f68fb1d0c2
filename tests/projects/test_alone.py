"""A script in a process of its own: in another Python, or in a copy of a program that brings none."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.export import alone
from gdstudio.projects.export.alone import run_alone
from gdstudio.projects.export.verify import verify_run
from gdstudio.training.run import run_experiment


@pytest.fixture(params=["Python", "copy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(alone, "is_frozen", lambda: request.param == "copy")
    return str(request.param)


def script(folder: Path, text: str) -> list[str]:
    path = folder / "a script.py"
    path.write_text(text, encoding="utf-8")
    return [str(path), "--what", "ä"]


def test_a_script_is_told_its_arguments_and_what_it_prints_comes_back(tmp_path: Path, way: str) -> None:
    text = "import sys, os\nif __name__ == '__main__':\n    print(sys.argv[1:], os.path.basename(os.getcwd()))"
    assert run_alone(script(tmp_path, text), tmp_path).strip() == f"['--what', 'ä'] {tmp_path.name}"


def test_a_script_has_no_gdstudio(tmp_path: Path, way: str) -> None:
    with pytest.raises(StudioError, match="gdstudio"):
        run_alone(script(tmp_path, "import gdstudio.core"), tmp_path)


@pytest.mark.parametrize(("text", "said"), [("1 / 0", "division by zero"), ("raise SystemExit(3)", "it said nothing")])
def test_an_error_is_said(tmp_path: Path, way: str, text: str, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        run_alone(script(tmp_path, text), tmp_path)
    assert run_alone(script(tmp_path, "raise SystemExit(0)"), tmp_path) == ""


def test_a_script_that_is_given_up_ends(tmp_path: Path, way: str) -> None:
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 2

    with pytest.raises(Cancelled):
        run_alone(script(tmp_path, "import time\ntime.sleep(600)"), tmp_path, cancelled)
    assert not multiprocessing.active_children()


def test_a_run_is_verified_in_a_copy_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "is_frozen", lambda: True)
    verdict = verify_run(run_experiment(ExperimentSpec().with_values({"training.epochs": 2, "training.threads": 1})))
    assert verdict.identical, verdict.text
    assert "38 losses and 200 test predictions" in verdict.text
