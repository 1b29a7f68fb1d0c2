"""What sampling the layers costs: runs with it on and off, interleaved, beside the cost that the run itself states.

Run: ``python tests/benchmarks/gradient_health.py [repeats]``.
"""

from __future__ import annotations

import statistics
import sys

from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.training.run import run_experiment

CASES = {
    "small (purchase, 64-64, batch 32)": {"model.hidden": [64, 64], "training.epochs": 200},
    "deep (purchase, 6 x 32 tanh, batch 32)": {
        "model.hidden": [32] * 6,
        "model.activation": "tanh",
        "training.epochs": 150,
    },
    "wide (digits, 256-256, batch 256)": {
        "data.source.kind": "digits",
        "model.hidden": [256, 256],
        "training.batch_size": 256,
        "training.epochs": 150,
    },
}


def main() -> None:
    """Print a line a case."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, values in CASES.items():
        spec = ExperimentSpec().with_values({"model.kind": "mlp"})
        spec = spec.with_values({k: v for k, v in values.items() if k == "data.source.kind"}).with_values(values)
        dataset = prepare(spec.data, load_table(spec.data.source))
        times: dict[bool, list[float]] = {True: [], False: []}
        stated: list[float] = []
        samples = 0
        run_experiment(spec, dataset=dataset)
        for _ in range(repeats):
            for health in (True, False):
                history = run_experiment(spec, dataset=dataset, health=health).history
                seconds = float(history.steps.snapshot()["seconds"][-1])
                times[health].append(seconds)
                if health:
                    stated.append(history.health_seconds / seconds)
                    samples = len(history.health) // len(history.health_layers)
        ratio = statistics.median(on / off for on, off in zip(times[True], times[False], strict=True))
        print(
            f"{name}: with / without {ratio:.3f}; stated {100 * statistics.median(stated):.2f} % "
            f"(most {100 * max(stated):.2f} %), {samples} samples, {statistics.median(times[False]):.2f} s"
        )


if __name__ == "__main__":
    main()
