"""Batch, mini-batch and stochastic on an equal budget of examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset


class VariantsSettings(Settings):
    """The portions that are compared."""

    kind: Literal["variants"] = "variants"
    batch_sizes: tuple[Annotated[int, Field(ge=0)], ...] = setting(
        (0, 256, 32, 8, 1), label="Batch sizes", help="Rows a step; 0 is the full batch, 1 stochastic.", max_length=50
    )
    seeds: int = setting(1, label="Seeds", help="Runs for each size.", ge=1, le=50)


def _build(settings: VariantsSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.labs import measures
        from gdstudio.training.ensemble import run_many

        measures.check_runs(len(settings.batch_sizes) * settings.seeds)
        first = spec.training.seed
        cases = [(size, first + k) for size in settings.batch_sizes for k in range(settings.seeds)]
        specs = [spec.with_values({"training.batch_size": size, "training.seed": seed}) for size, seed in cases]
        members = run_many(specs, dataset, control=control, on_progress=progress)
        rows, runs, curves = [], [], []
        for number, ((size, seed), member) in enumerate(zip(cases, members, strict=True)):
            per_epoch = measures.steps_per_epoch(member, len(dataset.train))
            values = measures.epoch_means(member, per_epoch)
            within = [member.losses[i : i + per_epoch].std() for i in range(0, len(member.losses), per_epoch)]
            runs.append(measures.run_row(
                number, member, values, batch_size=size, seed=seed, steps_per_epoch=per_epoch,
                examples=len(values) * len(dataset.train), noise=float(np.mean(within[-5:])) if within else None,
            ))  # fmt: skip
            curves += measures.curve_rows(number, values)
        for size in settings.batch_sizes:
            mine = [row for row in runs if row["batch_size"] == size]
            rows.append({
                "batch_size": size, "steps_per_epoch": mine[0]["steps_per_epoch"], "examples": mine[0]["examples"],
                "train_loss": measures.middle([row.get("train_loss") for row in mine]),
                "validation_loss": measures.middle([row.get("validation_loss") for row in mine]),
                "noise": measures.middle([row["noise"] for row in mine]),
                "diverged_runs": sum(row["status"] == "diverged" for row in mine),
            })  # fmt: skip
        known = [row for row in rows if row["train_loss"] is not None]
        sentences = [f"Every size saw each training row {spec.training.epochs} times."]
        if known:
            best = min(known, key=lambda row: row["train_loss"])
            name = "The full batch" if best["batch_size"] == 0 else f"Batch size {best['batch_size']}"
            sentences.append(f"{name} ended with the lowest training loss, {best['train_loss']:.4g}.")
        return LabResult("variants", settings, spec, rows, runs, curves, {}, sentences)

    return run


ENTRY = LabEntry(
    key="variants",
    label="Batch, mini-batch, stochastic",
    settings=VariantsSettings,
    build=_build,
    question="How many rows should a step see?",
    help=(
        "Compares batch sizes on an equal budget of examples. Small batches take many noisy steps, large ones few "
        "smooth steps; noise is the spread of the batch losses within the last epochs."
    ),
    order=40,
)
