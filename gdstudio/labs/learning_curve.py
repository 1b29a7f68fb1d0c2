"""Whether more rows would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

#: Training scores this much above the validation score are worth a word.
_WIDE = 0.1
_LABELS = {"accuracy": "Accuracy", "r2": "R²"}


class LearningCurveSettings(Settings):
    """On how many rows the model is trained."""

    kind: Literal["learning_curve"] = "learning_curve"
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = setting(
        (0.1, 0.2, 0.4, 0.7, 1.0), label="Shares of the rows", help="How much of the training part is used.",
        max_length=30,
    )  # fmt: skip
    seeds: int = setting(3, label="Seeds", help="Runs for each size, on other rows and weights.", ge=1, le=50)


def _build(settings: LearningCurveSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.core.errors import StudioError
        from gdstudio.core.history import RunHistory
        from gdstudio.data.dataset import prepare
        from gdstudio.data.split import Split
        from gdstudio.labs import measures
        from gdstudio.training.run import run_experiment

        shares = sorted(set(settings.shares))
        measures.check_runs(len(shares) * settings.seeds)
        if not len(dataset.validation):
            raise StudioError(
                "There are no validation rows to judge the models by.", "Set data.split.validation above 0."
            )
        key = "r2" if dataset.task == "regression" else "accuracy"
        runs: list[dict[str, Any]] = []
        curves: list[tuple[int, int, float]] = []
        total = len(shares) * settings.seeds
        for k in range(settings.seeds):
            seed = spec.training.seed + k
            order = _order(dataset, np.random.default_rng(seed))
            for share in shares:
                if control.cancelled:
                    break
                # The preparation too may only know the rows that the model is trained on.
                rows = np.sort(dataset.train.rows[order[: max(2, round(share * len(order)))]])
                split = Split(rows, dataset.validation.rows, dataset.test.rows)
                data = prepare(dataset.spec, dataset.table, split=split)
                history = RunHistory()
                member = spec.with_values({"training.seed": seed})
                result = run_experiment(member, dataset=data, control=control, history=history, health=False)
                if result.status == "cancelled":
                    break
                runs.append({
                    "run": len(runs), "rows": len(rows), "seed": seed, "status": result.status, "steps": result.steps,
                    **{part: result.metrics[part].get(key) for part in ("train", "validation")},
                })  # fmt: skip
                losses = history.epochs.snapshot()["train_loss"]
                curves += [(len(runs) - 1, epoch + 1, float(loss)) for epoch, loss in enumerate(losses)]
                progress(len(runs) / total)
        summary = _summary(runs)
        findings, sentences = _say(summary, key)
        return LabResult(
            "learning_curve", settings, spec, summary, runs, curves, findings, sentences, _picture(summary, key)
        )

    return run


def _order(dataset: Dataset, random: np.random.Generator) -> NDArray[np.intp]:
    """``(n,)`` places in the training part, shuffled so that every beginning has about the classes' shares."""
    import numpy as np

    shuffled = random.permutation(len(dataset.train))
    if not dataset.classes:
        return shuffled
    codes = dataset.train.target[shuffled]
    # The j-th of m rows of a class comes after j / m of them all.
    place = np.empty(len(codes))
    for code in np.unique(codes):
        mine = np.flatnonzero(codes == code)
        place[mine] = (np.arange(len(mine)) + random.random()) / len(mine)
    return shuffled[np.argsort(place, kind="stable")]


def _summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a size: mean and standard deviation over the seeds."""
    from statistics import fmean, stdev

    rows = []
    for size in sorted({run["rows"] for run in runs}):
        row: dict[str, Any] = {"rows": size}
        for part in ("train", "validation"):
            values = [run[part] for run in runs if run["rows"] == size and run[part] is not None]
            row[f"{part}_mean"] = fmean(values) if values else None
            row[f"{part}_sd"] = stdev(values) if len(values) > 1 else None
        rows.append(row)
    return rows


def _say(summary: list[dict[str, Any]], key: str) -> tuple[dict[str, Any], list[str]]:
    known = [row for row in summary if row["validation_mean"] is not None and row["train_mean"] is not None]
    if not known:
        return {}, ["No run has a score: they diverged, or were ended before the first was done."]
    label, last = _LABELS[key], known[-1]
    gap = last["train_mean"] - last["validation_mean"]
    findings: dict[str, Any] = {"score": key, "rows": last["rows"], "validation": last["validation_mean"], "gap": gap}
    said = [
        f"On all {last['rows']:,} rows the validation {label} is {last['validation_mean']:.4g}, on the training rows "
        f"{last['train_mean']:.4g}."
    ]
    if len(known) > 1:
        before = known[-2]
        gain = last["validation_mean"] - before["validation_mean"]
        noise = max(last["validation_sd"] or 0.0, before["validation_sd"] or 0.0)
        findings["last_gain"] = gain
        step = f"from {before['rows']:,} to {last['rows']:,} rows it changed by {gain:+.3g}"
        if gain > noise:
            said.append(f"It is still rising: {step}. More rows of the same kind would help.")
        else:
            said.append(f"It has levelled off within the spread of the seeds: {step}. More rows would help little.")
        if gap > _WIDE:
            said.append("The gap between the two is wide: a smaller model or a penalty may close it, or more rows.")
    return findings, said


def _picture(summary: list[dict[str, Any]], key: str) -> Picture:
    label, series = _LABELS[key], []
    for part, name in (("train", "training rows"), ("validation", "validation rows")):
        mine = [row for row in summary if row[f"{part}_mean"] is not None]
        means = [row[f"{part}_mean"] for row in mine]
        spreads = [row[f"{part}_sd"] or 0.0 for row in mine]
        low = [mean - sd for mean, sd in zip(means, spreads, strict=True)]
        high = [mean + sd for mean, sd in zip(means, spreads, strict=True)]
        series.append(PictureSeries(name, [row["rows"] for row in mine], means, low, high))
    return Picture(f"{label} by number of training rows (mean ± standard deviation)", "Training rows", label, series)


ENTRY = LabEntry(
    key="learning_curve",
    label="Learning curve",
    settings=LearningCurveSettings,
    build=_build,
    question="Would more rows help?",
    help=(
        "Trains the model on growing shares of the training rows and scores it on those rows and on the validation "
        "rows. A validation score that still rises says: collect more rows. Two curves that have met, and are low, "
        "say: the model is too simple or the columns tell too little. A wide gap says: the model remembers its rows."
    ),
    order=74,
)
