"""A run as one HTML file that a colleague can open anywhere: no network, no program, prints well."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.core.registry import registry
from gdstudio.evaluation.bootstrap import Interval, bootstrap_intervals
from gdstudio.evaluation.curves import residuals, roc_curve
from gdstudio.evaluation.predictions import Predictions
from gdstudio.projects.export.report_style import STYLE
from gdstudio.projects.export.svg import GREY, Curve, plot
from gdstudio.training.run_folder import SavedRun, load_run

_PARTS = ("train", "validation", "test")
_GRID = 41
_RESAMPLES = 400
#: A table of more classes than this is no table that anybody reads.
_MOST_CLASSES = 20


def export_report(folder: Path, out: Path) -> list[Path]:
    """Write the report of a saved run; the files that were written.

    Args:
        folder: The run's folder.
        out: The HTML file.

    Raises:
        StudioError: The folder is no run, or the file cannot be written.
    """
    if out.is_dir():
        raise StudioError(f"{out} is a folder.", "Name the file to write, e.g. report.html.")
    write_text(out, report_of(load_run(folder)))
    return [out]


def report_of(run: SavedRun) -> str:
    """The whole document."""
    metrics = _read_json(run.folder / "metrics.json")
    environment = _read_json(run.folder / "environment.json")
    try:
        steps, epochs = (pd.read_csv(run.folder / f"{name}.csv") for name in ("history", "epochs"))
        predicted = run.folder / "predictions.csv"  # it is missing where no rows were kept back for the test
        predictions = _predictions(run, pd.read_csv(predicted)) if predicted.exists() else None
    except (OSError, ValueError) as error:
        raise StudioError(f"A table of the run cannot be read: {error}.", "Train it again.") from None
    task = run.preparation.task
    intervals = {} if predictions is None else bootstrap_intervals(predictions, task, resamples=_RESAMPLES)
    name = run.folder.resolve().name
    ending = (_log(run.folder) or [""])[-1]
    kinds = {"binary": "yes or no", "multiclass": "one of several classes", "regression": "a number"}
    body = [
        f"<h1>{escape(name)}</h1>",
        f"<p>Predicts <b>{escape(run.preparation.target)}</b> ({kinds[task]}) from "
        f"{len(run.preparation.raw_columns)} columns.</p>",
        _section("Scores", _scores(metrics, intervals)),
        _section("Training", f"<p>{escape(ending)}</p>{_curves(steps, epochs)}"),
        _section("On the test rows", _pictures(run, predictions, metrics)),
        _section("Data", _data(run)),
        _section("Model", _model(run)),
        _section("Loss landscape", _landscape(run)),
        _section("Settings", _settings(run)),
        _section("Where it was computed", _table(("What", "Value"), environment.items())),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}</title><style>{STYLE}</style></head><body><main>{''.join(body)}"
        "<footer>Made by Gradient Descent Studio. The scores are scikit-learn's, of the very predictions in the run's "
        "folder.</footer></main></body></html>\n"
    )


def _scores(metrics: dict[str, Any], intervals: Any) -> str:
    parts = [p for p in _PARTS if metrics.get(p)]
    rows = []
    for key, entry in registry("scores").items():
        values = [metrics[p].get(key) for p in parts]
        if all(key not in metrics[p] for p in parts):
            continue
        interval: Interval | None = intervals.get(key)
        # Drawing rows again says nothing where every draw gives the same score, as for a perfect one.
        tells = interval is not None and interval.high > interval.low
        between = f"{interval.low:.4g} to {interval.high:.4g}" if interval is not None and tells else "–"
        reason = next((r for p in parts if (r := (metrics[p].get("undefined") or {}).get(key))), "")
        shown = ["not defined" if v is None else f"{v:.4g}" for v in values]
        rows.append([entry.label, *shown, between, reason or entry.help])
    count = ", ".join(f"{metrics[p]['n']:,} {p}" for p in parts)
    note = (
        f"<p>Rows: {count}. The interval is where 95 % of the scores lie when the test rows are drawn again with "
        "replacement (Efron and Tibshirani 1993); it does not hold what another training would change.</p>"
    )
    return _table(("Score", *(p.capitalize() for p in parts), "Test, 95 % interval", "What it says"), rows) + note


def _curves(steps: pd.DataFrame, epochs: pd.DataFrame) -> str:
    drawn = []
    for quantity, title in (("loss", "Loss"), ("accuracy", "Accuracy"), ("r2", "R²")):
        curves = [
            Curve(
                part, epochs["epoch"].to_numpy(float), epochs[f"{part}_{quantity}"].to_numpy(float), 0, part != "train"
            )
            for part in ("train", "validation")
            if f"{part}_{quantity}" in epochs and epochs[f"{part}_{quantity}"].notna().any()
        ]
        if curves:
            drawn.append(plot(curves, "Epoch", title, f"{title} by epoch"))
    if len(steps):
        x = steps["step"].to_numpy(float)
        for column, title in (("gradient_norm", "Gradient norm"), ("learning_rate", "Learning rate")):
            y = steps[column].to_numpy(float)
            there = np.isfinite(y)
            if there.any():
                drawn.append(plot([Curve("", x[there], y[there])], "Step", title, f"{title} by step"))
    return f'<div class="figures">{"".join(drawn)}</div>'


def _pictures(run: SavedRun, predictions: Predictions | None, metrics: dict[str, Any]) -> str:
    if predictions is None:
        return "<p>No rows were kept back for the test.</p>"
    if run.preparation.task == "regression":
        found = residuals(predictions)
        unit = run.preparation.target
        ends = np.array([float(np.min(found.predicted)), float(np.max(found.predicted))])
        return plot(
            [Curve("", found.predicted, found.residual, 0, points=True), Curve("", ends, np.zeros(2), 1, True)],
            f"Predicted {unit}", "Target minus prediction", "Residuals of the test rows",
        )  # fmt: skip
    classes = predictions.classes
    shown = classes[-1:] if run.preparation.task == "binary" else classes[:6]
    curves = []
    for hue, name in enumerate(shown):
        try:
            found_curve = roc_curve(predictions, name)
        except StudioError:
            continue
        curves.append(Curve(name, found_curve.false_positive_rate, found_curve.true_positive_rate, hue))
    drawn = plot(
        [*curves, Curve("guessing", np.array([0.0, 1.0]), np.array([0.0, 1.0]), GREY, True)],
        "False positive rate", "True positive rate", "ROC curve of the test rows",
    ) if curves else ""  # fmt: skip
    return f'<div class="figures">{drawn}{_confusion(metrics.get("test") or {})}</div>'


def _confusion(test: dict[str, Any]) -> str:
    classes = test.get("classes") or []
    if not classes or len(classes) > _MOST_CLASSES:
        return ""
    rows = [[f"{name}", *(f"{n:,}" for n in row)] for name, row in zip(classes, test["confusion_matrix"], strict=True)]
    return (
        f"<figure><figcaption>Confusion matrix: rows are the truth</figcaption>{_table(('', *classes), rows)}</figure>"
    )


def _data(run: SavedRun) -> str:
    spec = run.spec.data
    source = spec.source
    where = getattr(source, "path", None) or f"sample {source.kind}"
    columns = [[name, column.role, column.type] for name, column in spec.columns.items()]
    notes = "".join(f"<li>{escape(note)}</li>" for note in _log(run.folder)[:-1])
    return (
        f"<p>Read from <code>{escape(str(where))}</code>. The preparation was fitted on the training rows alone.</p>"
        f"<ul>{notes}</ul>{_table(('Column', 'Role', 'Type'), columns)}"
    )


def _model(run: SavedRun) -> str:
    model = run.model
    rows = [[str(layer)] for layer in model.children()] or [[str(model)]]
    count = sum(p.numel() for p in model.parameters())
    label = registry("models")[run.spec.model.kind].label
    return f"<p>{escape(label)}, {count:,} parameters.</p>{_table(('Layers, from the columns to the output',), rows)}"


def _landscape(run: SavedRun) -> str:
    """The plane of the run's own path where it kept enough of it, of random directions otherwise."""
    from gdstudio.evaluation.landscape.evaluator import Evaluator
    from gdstudio.evaluation.landscape.picture import draw, write_png
    from gdstudio.evaluation.landscape.planes import random_plane, trajectory_plane
    from gdstudio.evaluation.landscape.progressive import pictures
    from gdstudio.training.landscape import data_of, path_of, problem_of

    try:
        problem = problem_of(run.spec, data_of(run), run.model)
        path = path_of(run.model, run.snapshots)
        try:
            plane = trajectory_plane(path)
            said = "the plane of the first two principal components of the run's path"
        except StudioError:
            plane = random_plane(run.model, path[-1], 0)
            said = "a plane of two random directions, each filter as long as the model's own"
        picture = list(pictures(Evaluator(problem, plane), _GRID))[-1]
    except StudioError as error:
        return f"<p>It could not be drawn: {escape(error.message)}</p>"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "landscape.png"
        write_png(file, draw(picture, plane.project(path)[0]))
        image = base64.b64encode(file.read_bytes()).decode("ascii")
    low, high = np.nanmin(picture.values), np.nanmax(picture.values)
    return (
        f"<p>The training loss over {said}, from {low:.4g} (dark) to {high:.4g} (bright), with the path.</p>"
        f'<img alt="Loss landscape" src="data:image/png;base64,{image}">'
    )


def _settings(run: SavedRun) -> str:
    plain = run.spec.model_dump(mode="json")
    plain["data"] = {k: v for k, v in plain["data"].items() if k != "columns"}
    return _table(("Setting", "Value"), _leaves(plain))


def _leaves(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}".strip("."))
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _predictions(run: SavedRun, rows: pd.DataFrame) -> Predictions:
    """The arrays of predictions.csv."""
    classes = tuple(run.preparation.classes)
    number = rows["row"].to_numpy(np.int64)
    if not classes:
        return Predictions(number, rows["target"].to_numpy(float), rows["prediction"].to_numpy(float))
    target, prediction = (rows[c].astype(str).to_numpy(object) for c in ("target", "prediction"))
    shares = rows[[f"probability_{name}" for name in classes]].to_numpy(float)
    return Predictions(number, target, prediction, shares, classes)


def _log(folder: Path) -> list[str]:
    """What was done, a sentence a line; how the run ended is the last."""
    try:
        return (folder / "log.txt").read_text(encoding="utf-8").strip().splitlines()
    except (OSError, ValueError):
        return []


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    top = "".join(f"<th>{escape(str(name))}</th>" for name in head)
    lines = ("".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}.", "Train the run again.") from None
    except ValueError:
        raise StudioError(f"{path} is damaged.", "Train the run again.") from None
    return content
