"""Whether gradients reach the first layer: depth, activation and initializer, before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

#: Rows that the gradient is measured on.
_ROWS = 1_000
#: A ratio below this, or above its inverse, is said to vanish or to explode.
_VANISHED = 0.01


class DepthSettings(Settings):
    """Networks whose gradients are measured."""

    kind: Literal["depth"] = "depth"
    depths: tuple[Annotated[int, Field(ge=1, le=100)], ...] = setting(
        (1, 2, 4, 8, 16, 32), label="Hidden layers", help="How many hidden layers.", max_length=30
    )
    activations: tuple[str, ...] = setting(
        ("sigmoid", "tanh", "relu"), label="Activations", help="Names of activations.", max_length=20
    )
    initializers: tuple[str, ...] = setting(
        ("xavier_uniform", "he_normal"), label="Initializers", help="Names of initializers.", max_length=20
    )
    width: int = setting(32, label="Width", help="Units in each hidden layer.", ge=1, le=1024)
    seeds: int = setting(5, label="Seeds", help="Networks for each case.", ge=1, le=50)


def _build(settings: DepthSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures

        cases = [
            (activation, initializer, depth)
            for activation in settings.activations
            for initializer in settings.initializers
            for depth in sorted(set(settings.depths))
        ]
        measures.check_runs(len(cases) * settings.seeds)
        runs: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for number, (activation, initializer, depth) in enumerate(cases):
            if control.cancelled:
                break
            found = []
            for k in range(settings.seeds):
                seed = spec.training.seed + k
                case = spec.with_values({
                    "model.kind": "mlp", "model.hidden": [settings.width] * depth, "model.activation": activation,
                    "initializer.kind": initializer, "training.seed": seed,
                })  # fmt: skip
                first, last = _gradients(case, dataset)
                found.append(first / last if last > 0 else None)
                runs.append({
                    "run": len(runs), "activation": activation, "initializer": initializer, "depth": depth,
                    "seed": seed, "first_layer": first, "last_layer": last, "ratio": found[-1],
                })  # fmt: skip
            known = [r for r in found if r is not None]
            rows.append({
                "activation": activation, "initializer": initializer, "depth": depth,
                "ratio": float(np.median(known)) if known else None,
                "ratio_low": min(known, default=None), "ratio_high": max(known, default=None),
            })  # fmt: skip
            progress((number + 1) / len(cases))
        findings, sentences = _say(rows)
        return LabResult("depth", settings, spec, rows, runs, (), findings, sentences, _picture(rows))

    return run


def _gradients(spec: ExperimentSpec, dataset: Dataset) -> tuple[float, float]:
    """Root mean square of the loss's gradient in the weights of the first and of the last layer."""
    import torch

    from gdstudio.training.modules import build_model
    from gdstudio.training.objective import make_criterion
    from gdstudio.training.run import complete

    filled = complete(spec, dataset)
    model = build_model(filled, dataset)
    rows = min(_ROWS, len(dataset.train))
    inputs = torch.from_numpy(dataset.train.features[:rows])
    loss = make_criterion(filled, dataset, torch.device("cpu"))(
        model.eval()(inputs), torch.from_numpy(dataset.train.target[:rows])
    )
    layers = [m.weight for m in model.modules() if isinstance(m, torch.nn.Linear)]
    ends = torch.autograd.grad(loss, [layers[0], layers[-1]])
    first, last = (float(g.double().square().mean().sqrt()) for g in ends)
    return first, last


def _say(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    known = [row for row in rows if row["ratio"] is not None]
    if not known:
        return {}, ["No network had a gradient to measure."]
    deepest = max(row["depth"] for row in known)
    last = sorted((row for row in known if row["depth"] == deepest), key=lambda row: abs(_log(row["ratio"])))
    best, worst = last[0], last[-1]
    sentences = [
        f"With {deepest} hidden layers the first layer's gradient is {worst['ratio']:.2g} times the last layer's for "
        f"{worst['activation']} with {worst['initializer']}, and {best['ratio']:.2g} times for {best['activation']} "
        f"with {best['initializer']}."
    ]
    vanished = sorted({f"{r['activation']} with {r['initializer']}" for r in last if r["ratio"] < _VANISHED})
    exploded = sorted({f"{r['activation']} with {r['initializer']}" for r in last if r["ratio"] > 1 / _VANISHED})
    if vanished:
        sentences.append(f"It vanishes (below {_VANISHED:g}) for {', '.join(vanished)}: the first layers hardly learn.")
    if exploded:
        sentences.append(f"It explodes (above {1 / _VANISHED:g}) for {', '.join(exploded)}.")
    return {"deepest": deepest, "vanished": vanished, "exploded": exploded}, sentences


def _log(ratio: float) -> float:
    import math

    return math.log(ratio) if ratio > 0 else -math.inf


def _picture(rows: list[dict[str, Any]]) -> Picture:
    names = dict.fromkeys((row["activation"], row["initializer"]) for row in rows)
    series = []
    for activation, initializer in names:
        mine = [r for r in rows if (r["activation"], r["initializer"]) == (activation, initializer) and r["ratio"]]
        series.append(PictureSeries(
            f"{activation}, {initializer}", [r["depth"] for r in mine], [r["ratio"] for r in mine],
            [r["ratio_low"] for r in mine], [r["ratio_high"] for r in mine],
        ))  # fmt: skip
    return Picture(
        "Gradient of the first layer over that of the last, before training (median and range of the seeds)",
        "Hidden layers", "Gradient ratio first / last layer", series, x_log=True, y_log=True,
    )  # fmt: skip


ENTRY = LabEntry(
    key="depth",
    label="Depth",
    settings=DepthSettings,
    build=_build,
    question="Does the gradient reach the first layer of a deep network?",
    help=(
        "Builds networks of many depths, measures the gradient of the loss in the first and in the last layer's "
        "weights before any training, and divides them (root mean squares). A sigmoid's slope is at most a quarter, so "
        "its gradient shrinks from layer to layer; ReLU with He's initializer keeps it. Near 1 all layers learn alike."
    ),
    source="Glorot and Bengio (2010), Understanding the Difficulty of Training Deep Feedforward Neural Networks",
    order=60,
)
