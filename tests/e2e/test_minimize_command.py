"""``gdstudio minimize`` from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest


def gdstudio(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gdstudio", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_the_minimum_is_found_and_written(tmp_path: Path) -> None:
    out = tmp_path / "descent"
    said = gdstudio(
        "minimize", "a*x**2 + 10*(y - 1)^2", "--start", "-3,2", "--set", "optimizer.kind=adam", "--set",
        "optimizer.lr=0.1", "--set", "training.steps=600", "--set", "objective.parameters.a=2", "--json",
        "--out", str(out),
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (0, "")
    document = json.loads(said.stdout)
    assert document["start"] == {"x": -3.0, "y": 2.0}
    assert document["minimum"] == pytest.approx({"x": 0, "y": 1}, abs=1e-6)
    assert document["status"] == "converged"
    history = pd.read_csv(out / "history.csv")
    assert list(history.columns) == ["step", "x", "y", "value", "gradient_norm", "learning_rate"]
    assert len(history) == document["steps"] + 1
    assert history["value"].min() == document["value"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("__import__('os').system('touch canary')",),
        ("x +",),
        ("x**2", "--start", "1,2"),
        ("x**2", "--start", "one"),
        ("x**2", "--set", "optimizer.kind=none"),
        ("log(x)", "--start", "-1"),
        (),
    ],
)
def test_bad_input_is_two_lines_and_code_2(arguments: tuple[str, ...]) -> None:
    said = gdstudio("minimize", *arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert 1 <= len(said.stderr.splitlines()) <= 2
    assert "Traceback" not in said.stderr
