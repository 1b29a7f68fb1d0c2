"""A run as one HTML file that a colleague can open anywhere: no network, no program, prints well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.core.registry import registry
from gdstudio.data.dataset import Dataset
from gdstudio.evaluation.bootstrap import Interval, bootstrap_intervals
from gdstudio.evaluation.curves import residuals, roc_curve
from gdstudio.evaluation.predictions import Predictions
from gdstudio.projects.export.report_parts import column_rows, find_data, landscape, model_picture
from gdstudio.projects.export.report_style import STYLE
from gdstudio.projects.export.svg import GREY, Curve, plot
from gdstudio.training.run_folder import SavedRun, load_run

_PARTS = ("train", "validation", "test")
_RESAMPLES = 400
#: A table of more classes than this is no table that anybody reads.
_MOST_CLASSES = 20


def export_report(folder: Path, out: Path, dataset: Dataset | None = None) -> list[Path]:
    """Write the report of a saved run; the files that were written.

    Args:
        folder: The run's folder.
        out: The HTML file.
        dataset: What it was trained on, where that is at hand; it is read again otherwise.

    Raises:
        StudioError: The folder is no run, or the file cannot be written.
    """
    if out.is_dir():
        raise StudioError(f"{out} is a folder.", "Name the file to write, e.g. report.html.")
    write_text(out, report_of(load_run(folder), dataset))
    return [out]


def report_of(run: SavedRun, dataset: Dataset | None = None) -> str:
    """The whole document."""
    data = dataset or find_data(run)
    metrics = _read_json(run.folder / "metrics.json")
    environment = run.environment
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
        _section("Data", _data(run, data)),
        _section("Model", model_picture(run)),
        _section("Loss landscape", landscape(run, data)),
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


def _data(run: SavedRun, data: Dataset | StudioError) -> str:
    source = run.spec.data.source
    where = getattr(source, "path", None) or f"sample {source.kind}"
    notes = "".join(f"<li>{escape(note)}</li>" for note in _log(run.folder)[:-1])
    head = ["Column", "Role", "Type"]
    if isinstance(data, Dataset):
        head += ["Missing", "Holds"]
        parts = ", ".join(f"{len(part):,} to {_USES[name]}" for name, part in data.parts.items() if len(part))
        count = f"{len(data.table.frame):,} rows: {parts}."
    else:
        count = f"What its columns hold cannot be said: {escape(data.message)}"
    return (
        f"<p>Read from <code>{escape(str(where))}</code>. The preparation was fitted on the training rows alone.</p>"
        f"<p>{count}</p><ul>{notes}</ul>{_table(head, column_rows(run, data))}"
    )


_USES = {"train": "train", "validation": "validate", "test": "test"}


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
