"""How much of a result is chance: the same experiment with other initial weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress

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


def _build(settings: RestartsSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures
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
        return LabResult("restarts", settings, spec, rows, runs, curves, findings, sentences)

    return run


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
