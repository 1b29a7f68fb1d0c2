"""Optimizers against each other: one start, one order of the rows, the person's own data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.ensemble import Member
    from gdstudio.training.result import RunResult

#: Racers whose boundaries and paths are drawn; more could not be told apart.
MOST_SEEN = 12
_SHARE_OF_FALL = 0.9


class RaceSettings(Settings):
    """Who races, and with which rates."""

    kind: Literal["race"] = "race"
    optimizers: tuple[str, ...] = setting(
        ("sgd", "momentum", "adam", "adagrad", "rmsprop"),
        label="Optimizers",
        help="Names of optimizers; momentum is SGD with momentum 0.9.",
        max_length=50,
    )
    rates: tuple[float, ...] = setting(
        (), label="Rates", help="Each optimizer runs with each of these; empty takes its own default.", max_length=50
    )
    formula: str = setting(
        "", label="Formula", help="Race down this function rather than on the data; empty takes the data.",
        max_length=2_000,
    )  # fmt: skip
    steps: int = setting(
        1_000, label="Steps", help="On a formula: the most of each.", ge=1, le=100_000, visible_when=("formula", ())
    )
    start_range: float = setting(
        2.0,
        label="Start within",
        help="On a formula: the start lies between minus this and this.",
        gt=0,
        le=1e6,
        visible_when=("formula", ()),
    )


def _build(settings: RaceSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        from gdstudio.labs import measures
        from gdstudio.training.ensemble import run_many

        measures.check_runs(len(settings.optimizers) * max(1, len(settings.rates)))
        cases: list[tuple[str, ExperimentSpec]] = []
        for name in settings.optimizers:
            chosen: dict[str, Any] = {"optimizer.kind": "sgd" if name == "momentum" else name}
            if name == "momentum":
                chosen["optimizer.momentum"] = 0.9
            # Another kind starts from its own defaults, also where the experiment already has it.
            fresh = spec.with_values({"optimizer.kind": "sgd" if chosen["optimizer.kind"] != "sgd" else "adam"})
            racer = fresh.with_values(chosen)
            for rate in settings.rates or (racer.get("optimizer.lr"),):
                cases.append((name, racer.with_values({"optimizer.lr": rate})))
        if settings.formula:
            from gdstudio.labs.on_formula import race

            varied = [
                {"optimizer": case.optimizer.model_dump(mode="json"),
                 "row": {"optimizer": name, "learning_rate": case.get("optimizer.lr")}} for name, case in cases
            ]  # fmt: skip
            return race(settings, spec, control, progress, varied)
        specs = [case for _, case in cases]
        # More than can be told apart are trained as one; of fewer, the weights on their way are kept and looked at.
        results: list[RunResult] = []
        if len(cases) <= MOST_SEEN:
            members = _one_by_one(specs, dataset, control, progress, results)
        else:
            members = list(run_many(specs, dataset, control=control, on_progress=progress))
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        means = [measures.epoch_means(m, per_epoch) for m in members]
        target = measures.target_loss(members, means, _SHARE_OF_FALL)
        rows, curves = [], []
        for number, ((name, case), member, values) in enumerate(zip(cases, members, means, strict=True)):
            rate = case.get("optimizer.lr")
            row = measures.run_row(number, member, values, optimizer=name, learning_rate=rate)
            row["iterations"] = None if target is None else measures.iterations_to(values, target, per_epoch)
            rows.append(row)
            row["examples_to_target"] = (
                None if row["iterations"] is None else round(row["iterations"] * len(dataset.train) / per_epoch)
            )
            curves += measures.curve_rows(number, values)
        arrived = [row for row in rows if row["iterations"] is not None]
        sentences = [
            f"All started from the same weights and saw the same rows in the same order (seed {spec.training.seed})."
        ]
        if arrived:
            best_row = min(arrived, key=lambda row: row["iterations"])
            sentences.append(
                f"{best_row['optimizer']} with learning rate {best_row['learning_rate']:g} was first at a loss of "
                f"{target:.4g}, after {best_row['iterations']} steps, {best_row['examples_to_target']:,} examples."
            )
        picture = _picture(rows, means, per_epoch, target)
        scene = None
        if results and not control.cancelled:
            from gdstudio.labs.computing.race_scene import scene_of

            scene = scene_of([series.label for series in picture.series[: len(rows)]], results, dataset, control)
        progress(1.0)
        findings = {"target_loss": target, "plane": scene.note if scene is not None else None}
        return LabResult("race", settings, spec, rows, rows, curves, findings, sentences, picture, scene=scene)

    return run


def _one_by_one(
    specs: Sequence[ExperimentSpec], dataset: Dataset, control: RunControl, progress: Progress, results: list[RunResult]
) -> list[Member]:
    """Train every racer by itself, which keeps its weights on the way; ``results`` gets their runs."""
    from gdstudio.training.ensemble import Member
    from gdstudio.training.run import run_experiment

    members = []
    for number, case in enumerate(specs):
        result = run_experiment(case, dataset=dataset, control=control, health=False)
        results.append(result)
        columns = result.history.epochs.snapshot()
        curves = {
            name: float(column[-1])
            for name, column in columns.items()
            if name.startswith(("train_", "validation_")) and len(column) and column[-1] == column[-1]
        }
        state = {name: tensor.numpy().copy() for name, tensor in result.model.state_dict().items()}
        losses = result.history.steps.snapshot()["train_loss"].copy()
        members.append(Member(result.spec, result.status, losses, state, curves))
        progress(0.9 * (number + 1) / len(specs))
    return members


def _picture(rows: list[dict[str, Any]], means: list[Any], per_epoch: int, target: float | None) -> Picture:
    """Mean loss of each epoch by steps, and the loss that counts as arrived."""
    import numpy as np

    series = [
        PictureSeries(
            f"{row['optimizer']} {row['learning_rate']:g}",
            [float((k + 1) * per_epoch) for k in range(len(values))],
            [float(v) if np.isfinite(v) and v > 0 else None for v in values], style="curve",
        ) for row, values in zip(rows, means, strict=True)
    ]  # fmt: skip
    if target is not None and target > 0:
        last = float(max(len(values) for values in means) * per_epoch)
        series.append(PictureSeries(f"target {target:.4g}", [float(per_epoch), last], [target, target], style="curve"))
    return Picture("Mean loss of each epoch", "Steps", "Loss", series, y_log=True, name="Race")


ENTRY = LabEntry(
    key="race",
    label="Optimizer race",
    settings=RaceSettings,
    build=_build,
    question="Which optimizer gets there first?",
    help=(
        "Every optimizer starts from the same weights and sees the same rows in the same order, so that nothing but "
        "the optimizer differs. Each runs with its own usual rate; give rates to race them all at each, since a rate "
        "that suits one can be far off for another. "
        "Up to 12 racers are also drawn as they go: all paths on one plane of weights and, where the data have two "
        "features, what each model says over them."
    ),
    order=20,
)
