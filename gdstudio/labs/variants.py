"""Batch, mini-batch and stochastic on an equal budget of examples or of time."""

from __future__ import annotations

from collections.abc import Sequence
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
    from gdstudio.labs.computing.timing import Timed
    from gdstudio.training.ensemble import Member

#: Points of a curve.
_POINTS = 120
#: Along what a loss is drawn → name of the picture and of its axis.
_AXES = {
    "examples": ("By examples", "Examples seen"), "steps": ("By steps", "Steps"),
    "seconds": ("By time", "Seconds of training on this computer"),
}  # fmt: skip


class VariantsSettings(Settings):
    """The portions that are compared."""

    kind: Literal["variants"] = "variants"
    batch_sizes: tuple[Annotated[int, Field(ge=0)], ...] = setting(
        (0, 256, 32, 8, 1), label="Batch sizes", help="Rows a step; 0 is the full batch, 1 stochastic.", max_length=50
    )
    budget: Literal["examples", "time"] = setting(
        "examples", label="Equal budget of",
        help="Examples: every size sees each row as often as the experiment's epochs say. Time: every size trains for "
        "the same number of seconds on this computer, however often it sees the rows.",
        labels={"examples": "Examples seen", "time": "Seconds of training"},
    )  # fmt: skip
    seconds: float = setting(
        1.0, label="Seconds", help="Of training for each run, by the clock on the wall; making the first steps "
        "ready and measuring scores is not counted.", gt=0, le=3_600, visible_when=("budget", ("time",)),
    )  # fmt: skip
    seeds: int = setting(1, label="Seeds", help="Runs for each size.", ge=1, le=50)


def _build(settings: VariantsSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures
        from gdstudio.labs.computing import timing
        from gdstudio.labs.gradient_noise import cosines

        measures.check_runs(len(settings.batch_sizes) * settings.seeds)
        first = spec.training.seed
        cases = [(size, first + k) for size in settings.batch_sizes for k in range(settings.seeds)]
        specs = [spec.with_values({"training.batch_size": size, "training.seed": seed}) for size, seed in cases]
        if settings.budget == "time":
            timed = timing.for_seconds(specs, settings.seconds, dataset, control, progress)
        else:
            timed = timing.for_epochs(specs, dataset, control, progress)
        rows, runs, curves = [], [], []
        for number, ((size, seed), one) in enumerate(zip(cases, timed, strict=True)):
            member = one.member
            per_epoch = measures.steps_per_epoch(member, len(dataset.train))
            values = measures.epoch_means(member, per_epoch)
            within = [member.losses[i : i + per_epoch].std() for i in range(0, len(member.losses), per_epoch)]
            runs.append(measures.run_row(
                number, member, values, batch_size=size, seed=seed, steps_per_epoch=per_epoch,
                examples=round(len(member.losses) * len(dataset.train) / per_epoch), seconds=one.total,
                noise=float(np.mean(within[-5:])) if within else None,
            ))  # fmt: skip
            curves += measures.curve_rows(number, values) if settings.budget == "examples" else []
        for size in settings.batch_sizes:
            mine = [row for row in runs if row["batch_size"] == size]
            rows.append({
                "batch_size": size, "steps": measures.middle([row["steps"] for row in mine]),
                "examples": measures.middle([row["examples"] for row in mine]),
                "seconds": measures.middle([row["seconds"] for row in mine]),
                "train_loss": measures.middle([row.get("train_loss") for row in mine]),
                "validation_loss": measures.middle([row.get("validation_loss") for row in mine]),
                "noise": measures.middle([row["noise"] for row in mine]),
                "diverged_runs": sum(row["status"] == "diverged" for row in mine),
            })  # fmt: skip
        moments: tuple[tuple[str, Member | None], ...] = (("start", None), ("end", timed[0].member))
        for moment, weights in moments:
            for row, found in zip(rows, cosines(specs[0], dataset, settings.batch_sizes, weights), strict=True):
                row[f"cosine_at_{moment}"] = float(np.mean(found)) if found else None
                row[f"cosine_at_{moment}_low"] = min(found, default=None)
                row[f"cosine_at_{moment}_high"] = max(found, default=None)
        known = [row for row in rows if row["train_loss"] is not None]
        sentences = []
        if known:
            best = min(known, key=lambda row: row["train_loss"])
            name = "The full batch" if best["batch_size"] == 0 else f"Batch size {best['batch_size']}"
            sentences.append(f"{name} ended with the lowest training loss, {best['train_loss']:.4g}.")
        sentences.append(_budget_said(settings, spec.training.epochs))
        smallest = min((row for row in rows if row["batch_size"]), key=lambda row: row["batch_size"], default=None)
        if smallest is not None and smallest["cosine_at_start"] is not None and smallest["cosine_at_end"] is not None:
            rows_said = "1 row" if smallest["batch_size"] == 1 else f"{smallest['batch_size']:,} rows"
            sentences.append(
                f"A batch of {rows_said} points where all rows together do with a cosine of "
                f"{smallest['cosine_at_start']:.2g} at the initial weights and {smallest['cosine_at_end']:.2g} at the "
                "end: near the minimum the rows pull in different directions and the steps are mostly noise."
            )
        drawn = [_losses(runs, timed, len(dataset.train), along) for along in _AXES]
        if settings.budget == "time":
            drawn = [drawn[2], *drawn[:2]]
        drawn.append(_noise(rows, len(dataset.train)))
        return LabResult("variants", settings, spec, rows, runs, curves, {}, sentences, drawn[0], tuple(drawn[1:]))

    return run


def _budget_said(settings: VariantsSettings, epochs: int) -> str:
    if settings.budget == "examples":
        return f"Every size saw each training row {epochs} times."
    return (
        f"Every size trained for {settings.seconds:g} s by the clock, one after another on this computer. "
        "Another computer, or one that is busy, takes other numbers of steps in that time; the rate stays as it is and "
        "nothing stops early."
    )


def _losses(runs: list[dict[str, Any]], timed: Sequence[Timed], rows: int, along: str) -> Picture:
    """The loss over the examples that were seen, over the steps, or over the seconds they took."""
    import numpy as np

    series = []
    for size in dict.fromkeys(row["batch_size"] for row in runs):
        row = next(row for row in runs if row["batch_size"] == size)
        one, per_epoch = timed[row["run"]], row["steps_per_epoch"]
        losses = one.member.losses
        ends = np.unique(np.geomspace(1, max(len(losses), 1), _POINTS).round().astype(int))
        ends = ends[ends <= len(losses)]
        middle = [float(losses[max(0, end - max(1, end // 10)) : end].mean()) for end in ends]
        name = "full batch" if size == 0 else f"batch {size}"
        steps = ends.astype(np.float64)
        x = {"steps": steps, "examples": steps * rows / per_epoch, "seconds": one.seconds[ends - 1]}[along]
        series.append(PictureSeries(name, x.tolist(), [v if np.isfinite(v) else None for v in middle], style="curve"))
    name, label = _AXES[along]
    return Picture(
        f"Loss {name.lower()} (mean over the last tenth)", label, "Loss of the batches", series,
        x_log=along != "seconds", y_log=True, name=name,
    )  # fmt: skip


def _noise(rows: list[dict[str, Any]], count: int) -> Picture:
    series = []
    for moment, label in (("start", "at the initial weights"), ("end", "at the end of the first run")):
        known = [row for row in rows if row[f"cosine_at_{moment}"] is not None]
        series.append(PictureSeries(
            f"{label} (bars: all batches)", [row["batch_size"] or count for row in known],
            [row[f"cosine_at_{moment}"] for row in known], [row[f"cosine_at_{moment}_low"] for row in known],
            [row[f"cosine_at_{moment}_high"] for row in known],
        ))  # fmt: skip
    return Picture(
        "How far a batch's gradient points where that of all rows does", "Rows in a batch",
        "Cosine (1: same direction)", series, x_log=True, name="Gradient noise",
    )  # fmt: skip


ENTRY = LabEntry(
    key="variants",
    label="Batch, mini-batch, stochastic",
    settings=VariantsSettings,
    build=_build,
    question="How many rows should a step see?",
    help=(
        "Compares batch sizes on an equal budget, either of examples or of seconds. Small batches take many noisy "
        "steps, large ones few smooth steps. A step with many rows costs little more than one with few, so that a "
        "budget of time, which is what a person waits for, favours larger batches than a budget of examples does. "
        "Seconds are those of a clock on the wall while the run trains, without what makes its first steps ready; of "
        "several seeds the first is timed. Noise is the spread of the batch losses within the last epochs, and the "
        "cosine tells how far the gradient of a batch points where that of all rows does."
    ),
    order=40,
)
