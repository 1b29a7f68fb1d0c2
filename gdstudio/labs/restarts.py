"""How much of a result is chance: the same experiment with other initial weights."""

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


class RestartsSettings(Settings):
    """How many seeds are tried."""

    kind: Literal["restarts"] = "restarts"
    count: int = setting(20, label="Restarts", help="Runs with different initial weights and orders.", ge=2, le=1000)
    tolerance: float = setting(
        0.05, label="Near the best", ge=0, le=1,
        help="A restart counts as near the best when its loss lies within this share of the best fall.",
    )  # fmt: skip
    formula: str = setting(
        "", label="Formula", help="Restarts on this function rather than on the data; empty takes the data.",
        max_length=2_000,
    )  # fmt: skip
    steps: int = setting(
        500,
        label="Steps",
        help="On a formula: the most from each start.",
        ge=1,
        le=100_000,
        visible_when=("formula", ()),
    )
    start_range: float = setting(
        5.0,
        label="Starts within",
        help="On a formula: starts lie between minus this and this.",
        gt=0,
        le=1e6,
        visible_when=("formula", ()),
    )


def _build(settings: RestartsSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures

        if settings.formula:
            return _on_formula(settings, spec, control, progress)
        from gdstudio.labs.statistics import wilson
        from gdstudio.training.ensemble import run_many

        first = spec.training.seed
        specs = [spec.with_values({"training.seed": first + k}) for k in range(settings.count)]
        members = run_many(specs, dataset, control=control, on_progress=progress)
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        means = [measures.epoch_means(m, per_epoch) for m in members]
        runs, curves = [], []
        for number, (member, values) in enumerate(zip(members, means, strict=True)):
            runs.append(measures.run_row(number, member, values, seed=first + number))
            curves += measures.curve_rows(number, values)
        finals = np.array([m.curves.get("train_loss", np.nan) for m in members])
        known = finals[np.isfinite(finals)]
        rows = []
        for name in (
            "train_loss",
            "validation_loss",
            "train_accuracy",
            "validation_accuracy",
            "train_r2",
            "validation_r2",
        ):
            found = np.array([m.curves[name] for m in members if np.isfinite(m.curves.get(name, np.nan))])
            if len(found):
                spread = float(found.std(ddof=1)) if len(found) > 1 else 0.0
                rows.append({
                    "measure": name, "mean": float(found.mean()), "deviation": spread, "lowest": float(found.min()),
                    "median": float(np.median(found)), "highest": float(found.max()), "runs": len(found),
                })  # fmt: skip
        sentences = []
        findings = {}
        if len(known):
            start = float(np.median([v[0] for v in means if len(v)]))
            near = int((known <= known.min() + settings.tolerance * max(start - known.min(), 0.0)).sum())
            low, high = wilson(near, len(members))
            findings = {"near_best": near, "share_low": low, "share_high": high, "best_loss": float(known.min())}
            sentences.append(
                f"{near} of {len(members)} restarts came near the best loss, {known.min():.4g} "
                f"(95 % interval of the share: {100 * low:.0f} to {100 * high:.0f} %)."
            )
        return LabResult("restarts", settings, spec, rows, runs, curves, findings, sentences, _spread(runs))

    return run


def _spread(runs: list[dict[str, Any]]) -> Picture | None:
    """The loss at the end of every restart, the best first."""
    known = sorted((row for row in runs if row.get("train_loss") is not None), key=lambda row: row["train_loss"])
    if not known:
        return None
    places = [float(k) for k in range(1, len(known) + 1)]
    return Picture(
        "Loss at the end of every restart", "Restarts, the lowest training loss first", "Loss",
        [
            PictureSeries(part, places, [row.get(f"{part}_loss") for row in known], style="points")
            for part in ("train", "validation") if known[0].get(f"{part}_loss") is not None
        ],
        name="Spread",
    )  # fmt: skip


def _on_formula(settings: RestartsSettings, spec: ExperimentSpec, control: RunControl, progress: Progress) -> LabResult:
    """Random starts, the minima they reach, and how sure their shares are."""
    import numpy as np

    from gdstudio.core.seeds import stream_seed
    from gdstudio.labs.formulas import descend_all, descent_of, point_name
    from gdstudio.labs.statistics import wilson
    from gdstudio.training.minima import Minima, find_minima
    from gdstudio.training.minimize import make_objective

    descent = descent_of(spec, settings.formula, settings.steps, 1e-3)
    objective = make_objective(descent.objective)
    reach = settings.start_range
    drawn = np.random.default_rng(stream_seed(spec.training.seed, "weights"))
    starts = drawn.uniform(-reach, reach, (settings.count, objective.dimensions))
    ends = descend_all(descent, starts, control, progress)
    usable = ~ends.diverged & np.isfinite(ends.values)
    minima, labels = find_minima(objective, ends.points, usable, 0.02 * reach, Minima.of(objective, ()))
    rows: list[dict[str, Any]] = []
    for number in np.argsort(minima.values, kind="stable"):
        count = int((labels == number).sum())
        low, high = wilson(count, settings.count)
        rows.append({
            "end": point_name(objective.variables, minima.points[number]), "value": float(minima.values[number]),
            "restarts": count, "share": count / settings.count, "share_low": low, "share_high": high,
        })  # fmt: skip
    for name, count in (
        ("at no minimum after all steps", int(((labels < 0) & usable).sum())), ("diverged", int((~usable).sum())),
    ):  # fmt: skip
        if count:
            low, high = wilson(count, settings.count)
            rows.append({"end": name, "value": None, "restarts": count, "share": count / settings.count,
                         "share_low": low, "share_high": high})  # fmt: skip
    runs = [
        {"run": k, **{f"start_{n}": float(v) for n, v in zip(objective.variables, starts[k], strict=True)},
         "value": float(ends.values[k]) if np.isfinite(ends.values[k]) else None, "steps": int(ends.steps[k]),
         "minimum": int(labels[k])}
        for k in range(settings.count)
    ]  # fmt: skip
    findings: dict[str, Any] = {"minima": len(minima.points)}
    if len(minima.points):
        # Equal up to rounding is equally low: Himmelblau has four such minima.
        best = float(minima.values.min())
        lowest = minima.values <= best + 1e-9 * max(1.0, abs(best))
        success = int(np.isin(labels, np.flatnonzero(lowest)).sum())
        low, high = wilson(success, settings.count)
        findings.update(best_value=best, successes=success, share_low=low, share_high=high)
        sentences = [
            f"{success} of {settings.count} restarts reached the lowest value, {best:.4g} "
            f"(95 % interval of the share: {100 * low:.0f} to {100 * high:.0f} %).",
            f"{len(minima.points)} minima were reached in all, {int(lowest.sum())} of them that low.",
        ]
    else:
        sentences = [f"None of {settings.count} restarts reached a minimum within {settings.steps:,} steps."]
    known = [row for row in rows if row["value"] is not None]
    series = PictureSeries(
        "restarts", list(range(1, len(known) + 1)), [row["share"] for row in known],
        [row["share_low"] for row in known], [row["share_high"] for row in known], style="points",
    )  # fmt: skip
    picture = Picture(
        "Share of the restarts that reached each minimum (bars: 95 % intervals)",
        "Minimum, in the table's order: the lowest first", "Share of the restarts", [series],
    ) if known else None  # fmt: skip
    progress(1.0)
    return LabResult("restarts", settings, spec, rows, runs, (), findings, sentences, picture)


ENTRY = LabEntry(
    key="restarts",
    label="Restarts",
    settings=RestartsSettings,
    build=_build,
    question="How much of this result is chance?",
    help=(
        "Trains the same experiment from other initial weights and in other orders. A small spread means that any run "
        "tells the truth; a wide one that a single run must not be believed, or that some starts end in worse minima."
    ),
    order=30,
)
