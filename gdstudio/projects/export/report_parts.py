"""The parts of a report that need the data or the model again: columns, network, landscape."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.data.dataset import Dataset
from gdstudio.data.values import parsed
from gdstudio.projects.export.svg_pictures import map_of, network
from gdstudio.training.landscape import data_of, path_of, problem_of
from gdstudio.training.modules import loss_entry
from gdstudio.training.run_folder import SavedRun

GRID = 41
_MOST_NAMES = 4


def find_data(run: SavedRun) -> Dataset | StudioError:
    """The very data of the run, or why they are not there."""
    try:
        return data_of(run)
    except StudioError as error:
        return error


def column_rows(run: SavedRun, data: Dataset | StudioError) -> list[list[str]]:
    """For each column its name, role and type and, where the data are there, what is missing and what it holds."""
    rows = []
    for name, column in run.spec.data.columns.items():
        row = [name, str(column.role), str(column.type)]
        if isinstance(data, Dataset):
            series = data.table.frame[name]
            row += [f"{int(series.isna().sum()):,}", held_by(series, str(column.type))]
        rows.append(row)
    return rows


def held_by(series: pd.Series[Any], kind: str) -> str:
    """The range of a column of numbers, the first and the last date, or how many different values there are."""
    known = series.dropna()
    if not len(known):
        return "nothing"
    if kind == "numeric":
        values = parsed(known)
        low, middle, high = (f"{q:.6g}" for q in np.nanpercentile(values, [0, 50, 100]))
        return f"{low} to {high}, median {middle}"
    if kind == "datetime" and pd.api.types.is_datetime64_any_dtype(series):
        return f"{known.min():%Y-%m-%d} to {known.max():%Y-%m-%d}"
    counts = known.astype(str).value_counts()
    names = ", ".join(f"{str(name)[:30]} ({count:,})" for name, count in counts.head(_MOST_NAMES).items())
    more = f" and {len(counts) - _MOST_NAMES:,} more" if len(counts) > _MOST_NAMES else ""
    return f"{names}{more}"


def model_picture(run: SavedRun) -> str:
    """The network's layers with their sizes, and what it is in a line."""
    preparation = run.preparation
    outputs = loss_entry(run.spec).outputs(preparation.task, len(preparation.classes))
    entry: Any = registry("models")[run.spec.model.kind]
    sizes = (run.spec.model, len(preparation.feature_names), outputs)
    summary = entry.summary(*sizes)
    return f"<p>{escape(summary)}.</p>{network(entry.layers(*sizes), summary)}"


def landscape(run: SavedRun, data: Dataset | StudioError) -> str:
    """The plane of the run's own path where it kept enough of it, of random directions otherwise."""
    from gdstudio.evaluation.landscape.evaluator import Evaluator
    from gdstudio.evaluation.landscape.picture import VIRIDIS, draw, wants_log, write_png
    from gdstudio.evaluation.landscape.planes import random_plane, trajectory_plane
    from gdstudio.evaluation.landscape.progressive import pictures

    if isinstance(data, StudioError):
        return f"<p>It could not be drawn: {escape(data.message)}</p>"
    try:
        problem = problem_of(run.spec, data, run.model)
        path = path_of(run.model, run.snapshots)
        try:
            plane = trajectory_plane(path)
            said = "the plane of the first two principal components of the run's path"
            shares = [f", {share:.0%} of the path's variance" for share in plane.explained or (0.0, 0.0)]
            labels = tuple(
                f"{which} component{share}" for which, share in zip(("First", "Second"), shares, strict=True)
            )
        except StudioError:
            plane = random_plane(run.model, path[-1], 0)
            said = "a plane of two random directions, each filter as long as the model's own"
            labels = ("First direction", "Second direction")
        picture = list(pictures(Evaluator(problem, plane), GRID))[-1]
    except StudioError as error:
        return f"<p>It could not be drawn: {escape(error.message)}</p>"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "landscape.png"
        write_png(file, draw(picture, plane.project(path)[0]))
        png = file.read_bytes()
    finite = picture.values[np.isfinite(picture.values)]
    low, high = float(finite.min()), float(finite.max())
    what = "Training loss, logarithmic" if wants_log(picture.values) else "Training loss"
    ranges = ((float(picture.x[0]), float(picture.x[-1])), (float(picture.y[0]), float(picture.y[-1])))
    drawn = map_of(png, ranges, (labels[0], labels[1]), (low, high, what), VIRIDIS, "Loss landscape")
    return (
        f"<p>The training loss over {said}, from {low:.4g} to {high:.4g}; in white the path of the run, which ended at "
        f"the orange square.</p>{drawn}"
    )
