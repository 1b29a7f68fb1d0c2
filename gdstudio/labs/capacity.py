"""How large a model, on how many rows: what is learned, and what is only remembered."""

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


class CapacitySettings(Settings):
    """Widths and numbers of rows."""

    kind: Literal["capacity"] = "capacity"
    widths: tuple[Annotated[int, Field(ge=1, le=2048)], ...] = setting(
        (2, 8, 32, 128), label="Widths", help="Units in each hidden layer.", max_length=20
    )
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = setting(
        (0.1, 0.3, 1.0), label="Shares of the rows", help="How much of the training part is used.", max_length=20
    )
    layers: int = setting(1, label="Hidden layers", help="How many, all of the same width.", ge=1, le=10)
    seeds: int = setting(3, label="Seeds", help="Runs for each case.", ge=1, le=50)


def _build(settings: CapacitySettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        from dataclasses import replace

        import numpy as np

        from gdstudio.core.errors import StudioError
        from gdstudio.data.dataset import Part
        from gdstudio.labs import measures
        from gdstudio.training.ensemble import run_many

        if not len(dataset.validation):
            raise StudioError("There are no validation rows to compare with.", "Set data.split.validation above 0.")
        widths, shares = sorted(set(settings.widths)), sorted(set(settings.shares))
        measures.check_runs(len(widths) * len(shares) * settings.seeds)
        order = np.random.default_rng(spec.training.seed).permutation(len(dataset.train))
        rows: list[dict[str, Any]] = []
        runs: list[dict[str, Any]] = []
        curves: list[tuple[int, int, float]] = []
        for place, share in enumerate(shares):
            chosen = np.sort(order[: max(2, round(share * len(order)))])
            train = dataset.train
            part = Part(train.rows[chosen], np.ascontiguousarray(train.features[chosen]), train.target[chosen])
            smaller = replace(dataset, train=part)
            cases = [(width, spec.training.seed + k) for width in widths for k in range(settings.seeds)]
            specs = [
                spec.with_values({
                    "model.kind": "mlp", "model.hidden": [width] * settings.layers, "training.seed": seed,
                }) for width, seed in cases
            ]  # fmt: skip
            part_progress = _part(progress, place, len(shares))
            members = run_many(
                specs, smaller, control=control,
                on_progress=part_progress,
            )  # fmt: skip
            for (width, seed), member in zip(cases, members, strict=True):
                values = measures.epoch_means(member, measures.steps_per_epoch(member, len(part)))
                number = len(runs)
                runs.append(measures.run_row(number, member, values, width=width, rows=len(part), seed=seed))
                curves += measures.curve_rows(number, values)
            for width in widths:
                mine = [row for row in runs if row["width"] == width and row["rows"] == len(part)]
                train_loss = measures.middle([row.get("train_loss") for row in mine])
                validation_loss = measures.middle([row.get("validation_loss") for row in mine])
                gap = None if train_loss is None or validation_loss is None else validation_loss - train_loss
                rows.append({
                    "width": width, "rows": len(part), "train_loss": train_loss, "validation_loss": validation_loss,
                    "gap": gap,
                })  # fmt: skip
        findings, sentences = _say(rows)
        return LabResult("capacity", settings, spec, rows, runs, curves, findings, sentences, _picture(rows))

    return run


def _part(progress: Progress, place: int, count: int) -> Progress:
    """Progress of one of ``count`` parts, told as progress of the whole."""
    return lambda share: progress((place + share) / count)


def _say(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    known = [row for row in rows if row["gap"] is not None]
    if not known:
        return {}, ["Every run diverged: take a smaller learning rate."]
    best = min(known, key=lambda row: row["validation_loss"])
    widest = max(known, key=lambda row: row["gap"])
    return {"best_width": best["width"], "best_rows": best["rows"], "widest_gap": widest["gap"]}, [
        f"Width {best['width']} on {best['rows']:,} rows has the lowest validation loss, {best['validation_loss']:.4g} "
        f"(training {best['train_loss']:.4g}).",
        f"The gap between the two is widest for width {widest['width']} on {widest['rows']:,} rows: "
        f"{widest['gap']:.3g}.",
    ]


def _picture(rows: list[dict[str, Any]]) -> Picture:
    series = []
    for count in dict.fromkeys(row["rows"] for row in rows):
        for name in ("train", "validation"):
            mine = [row for row in rows if row["rows"] == count and row[f"{name}_loss"] is not None]
            series.append(PictureSeries(
                f"{name}, {count:,} rows", [r["width"] for r in mine], [r[f"{name}_loss"] for r in mine],
            ))  # fmt: skip
    return Picture(
        "Loss at the end by width and number of rows (median of the seeds)", "Width (units in a hidden layer)",
        "Loss", series, x_log=True, y_log=True,
    )  # fmt: skip


ENTRY = LabEntry(
    key="capacity",
    label="Capacity and data size",
    settings=CapacitySettings,
    build=_build,
    question="Is the model too small, too large, or are there too few rows?",
    help=(
        "Trains networks of several widths on shares of the training rows and compares the loss on those rows with "
        "that on the validation rows. A wide network on few rows remembers them: the training loss falls, the other "
        "does not. More rows close the gap."
    ),
    order=70,
)
