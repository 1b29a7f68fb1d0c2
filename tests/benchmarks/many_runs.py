"""Run-steps a second of 32 stacked runs against one run after another, with and without the recorded step.

Run: ``python tests/benchmarks/many_runs.py [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import time

import torch
from training_speed import Case, dataset_of

from gdstudio.training.ensemble import run_many
from gdstudio.training.run import run_experiment

RUNS = 32
EPOCHS = 30
SINGLES = 3


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    case = Case("small", 1_000, 6, (64, 64), 32, EPOCHS)
    spec, dataset = dataset_of(case)
    specs = [spec.with_values({"training.seed": seed}) for seed in range(RUNS)]
    steps = EPOCHS * -(-case.rows // case.batch)
    rates: dict[str, list[float]] = {"stacked": [], "plain": [], "recorded": []}
    for number in range(rounds + 1):
        for name in rates:
            began = time.perf_counter()
            if name == "stacked":
                run_many(specs, dataset)
            else:
                capture = "off" if name == "plain" else "on"
                for one in specs[:SINGLES]:
                    run_experiment(one.with_values({"training.capture": capture}), dataset=dataset)
            count = RUNS if name == "stacked" else SINGLES
            if number:
                rates[name].append(count * steps / (time.perf_counter() - began))
    print(f"run-steps a second, median of {rounds}, one thread")
    for name, found in rates.items():
        ratio = statistics.median(a / b for a, b in zip(rates["stacked"], found, strict=True))
        print(f"{name:10}{statistics.median(found):10,.0f}   stacked is {ratio:.1f} times as fast")


if __name__ == "__main__":
    main()
