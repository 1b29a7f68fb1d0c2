"""Steps a second against the loop of the article, scikit-learn, skorch and Lightning, in turn, with their ratios.

Run: ``python tests/benchmarks/training_speed.py [rounds] [threads]``; with ``pip install -e '.[bench]'`` before it for
the last two.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import peers  # beside this file
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch.utils.data import DataLoader, TensorDataset

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import data_hash
from gdstudio.data.roles import guess_columns
from gdstudio.data.table import Table
from gdstudio.training.run import run_experiment


@dataclass(frozen=True)
class Case:
    """One of the three sizes."""

    name: str
    rows: int
    columns: int
    hidden: tuple[int, ...]
    batch: int
    epochs: int


CASES = (
    Case("small", 1_000, 6, (64, 64), 32, 300),
    Case("medium", 50_000, 28, (64,), 256, 12),
    Case("large", 100_000, 28, (256, 256), 1_024, 10),
)


def dataset_of(case: Case) -> tuple[ExperimentSpec, Dataset]:
    """Random rows, all of them for training."""
    random = np.random.default_rng(0)
    features = random.standard_normal((case.rows, case.columns)).astype(np.float32)
    frame = pd.DataFrame(features, columns=[f"x{i}" for i in range(case.columns)])
    frame["y"] = np.where(features[:, 0] + 0.5 * random.standard_normal(case.rows) > 0, "yes", "no")
    spec = ExperimentSpec().with_values(
        {
            "data.split.validation": 0,
            "data.split.test": 0,
            "model.hidden": list(case.hidden),
            "optimizer.kind": "adam",
            "optimizer.lr": 1e-3,
            "training.batch_size": case.batch,
            "training.epochs": case.epochs,
        }
    )
    source: Settings = spec.data.source
    table = Table(frame, guess_columns(frame), case.name, source, data_hash(frame))
    return spec, prepare(spec.data, table)


def network_of(case: Case) -> torch.nn.Sequential:
    """The case's network in plain torch."""
    layers: list[torch.nn.Module] = []
    width = case.columns
    for units in case.hidden:
        layers += [torch.nn.Linear(width, units), torch.nn.ReLU()]
        width = units
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))


def article(case: Case, dataset: Dataset) -> None:
    """DataLoader, zero_grad, backward, step, loss.item()."""
    part = dataset.train
    rows = TensorDataset(torch.from_numpy(part.features), torch.from_numpy(part.target).float())
    loader = DataLoader(rows, batch_size=case.batch, shuffle=True)
    model = network_of(case)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = torch.nn.BCEWithLogitsLoss()
    losses = []
    for _ in range(case.epochs):
        for inputs, target in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs)[:, 0], target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())


def sklearn(case: Case, dataset: Dataset) -> None:
    """MLPClassifier with the same network and batches."""
    model = MLPClassifier(
        case.hidden, batch_size=case.batch, learning_rate_init=1e-3, max_iter=case.epochs, alpha=0, tol=0,
        n_iter_no_change=case.epochs + 1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(dataset.train.features, dataset.train.target)


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    torch.set_num_threads(threads)
    others = peers.available()
    print(f"{threads} thread(s), median of {rounds}: steps/s, then the ratio to the article's loop in the same round")
    names = ("article", "sklearn", *others, "plain", "ours")
    print(" " * 8 + "".join(f"{name:>18}" for name in names))
    for case in CASES:
        spec, dataset = dataset_of(case)
        spec = spec.with_values({"training.threads": threads})
        plain = spec.with_values({"training.capture": "off"})
        runs: dict[str, Callable[[], object]] = {
            "article": lambda c=case, d=dataset: article(c, d),  # type: ignore[misc]
            "sklearn": lambda c=case, d=dataset: sklearn(c, d),  # type: ignore[misc]
            "plain": lambda s=plain, d=dataset: run_experiment(s, dataset=d),  # type: ignore[misc]
            "ours": lambda s=spec, d=dataset: run_experiment(s, dataset=d),  # type: ignore[misc]
        }
        part = dataset.train
        for name, fit in others.items():
            runs[name] = lambda f=fit, c=case, p=part: f(  # type: ignore[misc]
                network_of(c), p.features, p.target, c.batch, c.epochs
            )
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(rounds + 1):
            for name, run in runs.items():
                began = time.perf_counter()
                run()
                if number:
                    taken[name].append(time.perf_counter() - began)
        steps = case.epochs * -(-case.rows // case.batch)
        rate = {name: steps / statistics.median(times) for name, times in taken.items()}
        ratio = {
            name: statistics.median(a / b for a, b in zip(taken["article"], times, strict=True))
            for name, times in taken.items()
        }
        print(f"{case.name:8}" + "".join(f"{rate[name]:10,.0f}{ratio[name]:8.2f}" for name in names), flush=True)


if __name__ == "__main__":
    main()
