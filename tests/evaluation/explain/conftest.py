"""Runs that several tests explain, each trained once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pandas as pd
import pytest

from gdstudio.core.spec import ExperimentSpec
from gdstudio.evaluation.explain.predictor import Predictor
from gdstudio.training.modules import loss_entry
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment


@lru_cache(maxsize=16)
def _run(sample: str, values: tuple[tuple[str, Any], ...]) -> RunResult:
    spec = ExperimentSpec().with_values({"data.source.kind": sample, "training.epochs": 15, **dict(values)})
    return run_experiment(spec)


@pytest.fixture(scope="session")
def trained() -> Callable[..., RunResult]:
    """``trained(sample, {dotted path: value}) -> RunResult``."""
    return lambda sample, values=None: _run(sample, tuple((values or {}).items()))


@pytest.fixture(scope="session")
def explained() -> Callable[[RunResult, str], tuple[Predictor, pd.DataFrame]]:
    """The predictor of a run, and the raw rows of one of its parts."""

    def make(result: RunResult, part: str = "test") -> tuple[Predictor, pd.DataFrame]:
        predictor = Predictor(result.model, result.dataset.preparation, loss_entry(result.spec).probabilities)
        return predictor, result.dataset.table.frame.iloc[result.dataset.parts[part].rows]

    return make
