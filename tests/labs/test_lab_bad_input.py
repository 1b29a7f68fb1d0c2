"""What makes no sense is refused with a sentence, at once, in every laboratory and on the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from gdstudio.cli import run_command_line
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table

LIMIT = 0.1
MILLION = 1_000_000
#: What stands for how much is done, and so bounds it, in each laboratory.
LISTS = {
    "learning_rate": ("rates",), "race": ("optimizers",), "variants": ("batch_sizes",), "penalties": ("strengths",),
    "depth": ("depths", "activations", "initializers"), "capacity": ("widths", "shares"),
    "learning_curve": ("shares",),
}  # fmt: skip
MANY = {
    "learning_rate": {"rates": [k / MILLION for k in range(1, MILLION + 1)]},
    "race": {"optimizers": ["sgd"] * 1_000, "rates": [0.1] * 1_000},
    "variants": {"batch_sizes": [1] * MILLION},
    "penalties": {"strengths": [0.1] * MILLION},
    "depth": {"depths": list(range(1, 101)) * 10_000},
    "capacity": {"widths": [1] * MILLION},
    "restarts": {"count": MILLION},
    "basins": {"size": MILLION},
}
FORMULAS = {
    "3": "no variable", "__import__('os')": "", "9**9**9**9": "no variable", "\uff58**2": "no part of a formula",
    "s\u0456n(x)": "no part of a formula", "(" * 10_000 + "x" + ")" * 10_000: "characters", "x.real": "attributes",
    "(" * 500 + "x" + ")" * 500: "nested", "x[0]": "", "lambda x: x": "", "f'{x}'": "",
}  # fmt: skip
#: Formula, start, what is said: without a real value there, or flat.
STARTS = {
    ("log(x)", "-1"): "look at log(x)", ("sqrt(x)", "-1"): "look at sqrt(x)", ("(-x)**0.5", "2"): "look at (-x)**0.5",
    ("1/x", "0"): "look at 1/x", ("x/(y - y)", "1,1"): "no finite real value", ("0/0*x", "1"): "look at 0/0",
    ("9**9**9**9*x", "1"): "no finite real value", ("x**x", "-0.5"): "no finite real value",
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    spec = ExperimentSpec()
    return prepare(spec.data, load_table(spec.data.source))


def run_lab(lab: str, own: dict[str, Any], dataset: Dataset) -> None:
    settings = registry("labs").settings({"kind": lab, **own})
    registry("labs")[lab].build(settings)(ExperimentSpec(), dataset, RunControl(), lambda share: None)


def refused(lab: str, own: dict[str, Any], dataset: Dataset) -> str:
    """What is said, and that it is said at once."""
    least = float("inf")
    for _ in range(3):  # the first time, modules are imported
        began = time.process_time()
        with pytest.raises(StudioError) as caught:
            run_lab(lab, own, dataset)
        least = min(least, time.process_time() - began)
        if least < LIMIT:
            break
    # Reading a list of a million numbers takes a while by itself; what counts is that nothing is trained.
    assert least < (LIMIT if len(str(own)) < 10_000 else 1.5)
    return str(caught.value)


@pytest.mark.parametrize("lab", LISTS)
def test_an_empty_list_of_cases_is_refused(lab: str, dataset: Dataset) -> None:
    for name in LISTS[lab]:
        assert "at least one" in refused(lab, {name: []}, dataset)


@pytest.mark.parametrize("lab", registry("labs"))
def test_a_million_runs_are_refused(lab: str, dataset: Dataset) -> None:
    said = []
    if "seeds" in registry("labs")[lab].settings.model_fields:
        said.append(refused(lab, {"seeds": MILLION}, dataset))
    if lab in MANY:
        said.append(refused(lab, MANY[lab], dataset))
    assert said or lab == "curve_fit"  # one fit, whatever is asked
    for sentence in said:
        assert len(sentence) < 400


def test_rates_times_seeds_are_counted_before_anything_is_trained(dataset: Dataset) -> None:
    own = {"rates": [0.1 + k / 1000 for k in range(200)], "seeds": 100}
    assert "20,000 runs" in refused("learning_rate", own, dataset)


@pytest.mark.parametrize("formula", FORMULAS, ids=range(len(FORMULAS)))
def test_a_formula_that_is_none_is_refused_on_the_command_line(
    formula: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["minimize", formula], ["lab", "basins", "--formula", formula, "--out", "out"],
        ["lab", "restarts", "--formula", formula, "--out", "out"],
    ):  # fmt: skip
        assert run_command_line(arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert FORMULAS[formula] in said.err
        assert 1 <= len(said.err.splitlines()) <= 2
        assert len(said.err) < 400


@pytest.mark.parametrize(("formula", "start"), STARTS)
def test_a_start_without_a_value_is_refused_on_the_command_line(
    formula: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["minimize", formula, "--start", start]) == 2
    assert STARTS[formula, start] in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("formula", ["0*x", "x - x", "x**0 + 3"])
def test_a_function_that_is_constant_is_said_to_be_flat(formula: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["minimize", formula, "--start", "2"]) == 0
    assert "The function is flat there." in " ".join(capsys.readouterr().out.split())


def test_descents_that_leave_the_real_numbers_say_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["minimize", "-sqrt(1 - x**2) + 3*x", "--start", "0", "--set", "optimizer.lr=1"]) == 0
    assert "sqrt(1 - x**2) has no real value at the new point" in " ".join(capsys.readouterr().out.split())
