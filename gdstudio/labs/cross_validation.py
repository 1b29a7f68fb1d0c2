"""Every row judged once by a model that never saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.result import RunResult

_LABELS = {"accuracy": "Accuracy", "r2": "R²"}


class CrossValidationSettings(Settings):
    """Into how many folds the rows are dealt."""

    kind: Literal["cross_validation"] = "cross_validation"
    folds: int = setting(
        5, label="Folds", ge=2, le=100,
        help="Each fold is judged by a model that was trained on all others; 5 or 10 are usual.",
    )  # fmt: skip
    seeds: int = setting(
        1, label="Repeats", ge=1, le=50, help="How often the rows are dealt anew; each repeat is as many runs as folds."
    )
    linear: bool = setting(
        True, label="Beside a linear model",
        help="Fits scikit-learn's linear model on the same folds, so that it shows what the model adds to a straight "
        "line.",
    )  # fmt: skip


def _build(settings: CrossValidationSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        from gdstudio.core.history import RunHistory
        from gdstudio.data.dataset import prepare, usable_rows
        from gdstudio.data.split import fold_rows
        from gdstudio.evaluation.baseline import baseline
        from gdstudio.labs import measures
        from gdstudio.training.run import run_experiment

        measures.check_runs(settings.folds * settings.seeds)
        rows, classes = usable_rows(dataset.spec, dataset.table)
        # Only a run that may stop early looks at a validation part; all others train on all rows of the other folds.
        held = spec.data.split.validation if spec.training.patience else 0.0
        first = spec.training.seed
        runs: list[dict[str, Any]] = []
        notes: list[str] = []
        curves: list[tuple[int, int, float]] = []
        total = settings.folds * settings.seeds
        for repeat in range(settings.seeds):
            dealt = fold_rows(rows, settings.folds, first + repeat, classes if spec.data.split.stratify else None, held)
            for fold, split in enumerate(dealt):
                if control.cancelled:
                    break
                data = prepare(dataset.spec, dataset.table, split=split)
                notes += split.notes
                history = RunHistory()
                member = spec.with_values({"training.seed": first + repeat})
                result = run_experiment(member, dataset=data, control=control, history=history, health=False)
                if result.status == "cancelled":
                    break
                linear = baseline(data, "linear").metrics["test"] if settings.linear else {}
                runs.append(_run_row(len(runs), repeat, fold, result, linear))
                losses = history.epochs.snapshot()["train_loss"]
                curves += [(len(runs) - 1, epoch + 1, float(loss)) for epoch, loss in enumerate(losses)]
                progress(len(runs) / total)
        summary = _summary(runs, dataset.task)
        findings, sentences = _say(settings, spec, summary, runs, len(rows))
        sentences += list(dict.fromkeys(notes))
        picture = _picture(runs, summary)
        return LabResult("cross_validation", settings, spec, summary, runs, curves, findings, sentences, picture)

    return run


def _run_row(number: int, repeat: int, fold: int, result: RunResult, linear: Any) -> dict[str, Any]:
    """A row of runs.csv: the fold's scores, and those of the linear model on it."""
    scores = {key: value for key, value in result.metrics["test"].items() if _is_score(key)}
    row: dict[str, Any] = {
        "run": number, "repeat": repeat + 1, "fold": fold + 1, "status": result.status, "steps": result.steps,
        "train_rows": len(result.dataset.train), "test_rows": len(result.dataset.test), **scores,
    }  # fmt: skip
    row.update({f"linear_{key}": linear.get(key) for key in scores if linear})
    return row


def _is_score(key: str) -> bool:
    from gdstudio.core.registry import registry

    return key in registry("scores")


def _summary(runs: list[dict[str, Any]], task: str) -> list[dict[str, Any]]:
    """One row a score: mean, standard deviation and range over the folds; the most usual score comes first."""
    from statistics import fmean, stdev

    keys = [key for key in (runs[0] if runs else {}) if _is_score(key)]
    first = _primary(task)
    rows = []
    for key in sorted(keys, key=lambda key: key != first):
        values = [run[key] for run in runs if run.get(key) is not None]
        row: dict[str, Any] = {
            "score": key, "mean": fmean(values) if values else None,
            "sd": stdev(values) if len(values) > 1 else None,
            "lowest": min(values, default=None), "highest": max(values, default=None), "folds": len(values),
        }  # fmt: skip
        others = [run[f"linear_{key}"] for run in runs if run.get(f"linear_{key}") is not None]
        if any(f"linear_{key}" in run for run in runs):
            row["linear_mean"] = fmean(others) if others else None
            row["linear_sd"] = stdev(others) if len(others) > 1 else None
        rows.append(row)
    return rows


def _primary(task: str) -> str:
    return "r2" if task == "regression" else "accuracy"


def _say(
    settings: CrossValidationSettings,
    spec: ExperimentSpec,
    summary: list[dict[str, Any]],
    runs: list[dict[str, Any]],
    count: int,
) -> tuple[dict[str, Any], list[str]]:
    """What was found, in numbers and in words."""
    if not summary or summary[0]["mean"] is None:
        return {}, ["No fold has a score: the runs diverged, or were ended before the first fold was done."]
    main = summary[0]
    label = _LABELS.get(main["score"], main["score"])
    spread = "" if main["sd"] is None else f" ± {main['sd']:.2g}"
    said = [f"{label} {main['mean']:.4g}{spread} (mean and standard deviation of {main['folds']} folds)."]
    findings: dict[str, Any] = {"score": main["score"], "mean": main["mean"], "sd": main["sd"]}
    both = [
        (run[main["score"]], run[f"linear_{main['score']}"])
        for run in runs
        if run.get(main["score"]) is not None and run.get(f"linear_{main['score']}") is not None
    ]
    if both:
        ahead = sum(mine > other for mine, other in both)
        findings.update(linear_mean=main["linear_mean"], folds_ahead=ahead, folds_compared=len(both))
        said.append(
            f"scikit-learn's linear model has {main['linear_mean']:.4g} on the same folds; the model is ahead on "
            f"{ahead} of {len(both)}."
        )
    judged = "once" if settings.seeds == 1 else f"{settings.seeds} times"
    said.append(
        f"Each of the {count:,} rows with a target was judged {judged}, the test part's among them; columns were "
        "prepared anew for every fold from its own training rows."
    )
    diverged = sum(run["status"] == "diverged" for run in runs)
    if diverged:
        said.append(f"{diverged} of {len(runs)} runs diverged: take a smaller learning rate.")
    if spec.training.patience:
        share = spec.data.split.validation
        said.append(f"Early stopping kept {share:.0%} of each fold's training rows back to judge the run by.")
    return findings, said


def _picture(runs: list[dict[str, Any]], summary: list[dict[str, Any]]) -> Picture:
    key = summary[0]["score"] if summary else "score"
    label = _LABELS.get(key, key)
    known = [run for run in runs if run.get(key) is not None]
    places = [run["run"] + 1 for run in known]
    series = []
    linear = [run for run in runs if run.get(f"linear_{key}") is not None]
    if linear:
        # Joined, so that it is seen where both models have the same score.
        heights = [run[f"linear_{key}"] for run in linear]
        series.append(PictureSeries("linear model", [run["run"] + 1 for run in linear], heights))
    series.append(PictureSeries("the model", places, [run[key] for run in known], style="points"))
    if known and summary[0]["mean"] is not None:
        mean, ends = summary[0]["mean"], [min(places), max(places)]
        series.append(PictureSeries(f"mean {mean:.4g}", ends, [mean, mean], style="curve"))
    return Picture(f"{label} of each fold", "Fold", label, series)


ENTRY = LabEntry(
    key="cross_validation",
    label="Cross-validation",
    settings=CrossValidationSettings,
    build=_build,
    question="How good is the model really, and how sure is that?",
    help=(
        "One split may be lucky. Cross-validation deals the rows into folds, trains one model for each on all the "
        "others, and judges it on the fold that it never saw: every row is judged once, and the spread of the scores "
        "shows how much depends on which rows those are. The spread is a little too small for an interval, since the "
        "training rows of two folds overlap (Bengio and Grandvalet 2004). Do not choose settings by it and then state "
        "the same number: that takes rows that had no say."
    ),
    order=75,
)
