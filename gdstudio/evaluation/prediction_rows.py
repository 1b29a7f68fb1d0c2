"""Predictions as a table for a person: beside their rows, the doubtful ones first, found by a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.control import Cancelled
from gdstudio.evaluation.predictions import Predictions

Places = NDArray[np.intp]
Filter = Literal["all", "wrong", "uncertain", "error"]

#: Rows that are shown as the least certain, or as those with the largest errors.
SHORT_LIST = 100
#: Objects are looked at in portions, so that other threads get their turn between them.
_PORTION = 20_000


def rows_frame(predictions: Predictions, source: pd.DataFrame, target: str) -> pd.DataFrame:
    """Predictions beside the rows that they are of.

    Args:
        predictions: ``n`` rows.
        source: The whole table.
        target: Its column that is predicted, which is shown first and not again.

    Returns:
        ``n`` rows, numbered as in the source: ``target`` and ``error`` where the target is known; ``prediction``; for
        classes ``probability`` of the predicted one; the source's columns; and the probability of each class. The
        error is prediction − target, or for classes what the probability of the right one lacks to 1.
    """
    index = pd.Index(predictions.rows)
    shown: dict[str, Any] = {}
    if predictions.probabilities is None:
        if predictions.target is not None:
            shown["target"] = predictions.target
        shown["prediction"] = predictions.prediction
    else:
        if predictions.target is not None:
            codes = class_codes(predictions.target, predictions.classes)
            shown["target"] = _categorical(codes, predictions.classes)
        likeliest = predictions.probabilities.argmax(axis=1)
        shown["prediction"] = _categorical(likeliest, predictions.classes)
        shown["probability"] = predictions.probabilities.max(axis=1)
    error = errors(predictions)
    if error is not None:
        shown["error"] = error
    parts = [pd.DataFrame(shown, index=index)]
    others = source.drop(columns=[target], errors="ignore")
    whole = len(others) == len(index) and np.array_equal(index, others.index)
    parts.append(others if whole else others.iloc[predictions.rows].set_axis(index, axis=0))
    if predictions.probabilities is not None:
        names = [f"probability of {name}" for name in predictions.classes]
        parts.append(pd.DataFrame(predictions.probabilities, index=index, columns=names))
    return pd.concat(parts, axis=1)


def _categorical(codes: NDArray[Any], classes: tuple[str, ...]) -> Any:
    return pd.Categorical.from_codes(codes, pd.Index(classes, dtype=object))


def class_codes(names: NDArray[Any], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """``(n,)`` places in ``classes``, -1 for a name that is not among them."""
    known = pd.Index(classes, dtype=object)
    portions = [known.get_indexer(pd.Index(names[some], dtype=object)) for some in _portions(len(names))]
    return np.concatenate([np.empty(0, dtype=np.int64), *portions]).astype(np.int64)


def errors(predictions: Predictions) -> NDArray[np.float64] | None:
    """``(n,)`` prediction − target, or 1 − probability of the right class; None where the target is unknown."""
    if predictions.target is None:
        return None
    if predictions.probabilities is None:
        return np.asarray(predictions.prediction, dtype=np.float64) - np.asarray(predictions.target, dtype=np.float64)
    codes = class_codes(predictions.target, predictions.classes)
    right = predictions.probabilities[np.arange(len(codes)), np.maximum(codes, 0)]
    return np.where(codes >= 0, 1 - right, 1.0)


def filtered(predictions: Predictions, which: Filter, count: int = SHORT_LIST) -> Places:
    """Places of the rows that a person asks for, in an order that fits the question.

    Args:
        predictions: ``n`` rows.
        which: ``all``; ``wrong``, another class than the target's; ``uncertain``, the least probability of the
            predicted class above the next one first; ``error``, the largest errors first.
        count: Rows of the two short lists.
    """
    everything = np.arange(len(predictions))
    if which == "wrong" and predictions.target is not None and predictions.probabilities is not None:
        target = class_codes(predictions.target, predictions.classes)
        return np.flatnonzero(predictions.probabilities.argmax(axis=1) != target)
    if which == "uncertain" and predictions.probabilities is not None:
        two = np.partition(predictions.probabilities, -2, axis=1)[:, -2:]
        return _smallest(two[:, 1] - two[:, 0], count)
    error = errors(predictions) if which == "error" else None
    return everything if error is None else _smallest(-np.abs(error), count)


def _smallest(values: NDArray[np.float64], count: int) -> Places:
    """Places of the ``count`` smallest of ``(n,)`` values, the smallest first, equal ones as they stand."""
    if len(values) > count:
        bound = np.partition(values, count - 1)[count - 1]
        below = np.flatnonzero(values <= bound)
    else:
        below = np.arange(len(values))
    return below[np.argsort(values[below], kind="stable")][:count]


def found(frame: pd.DataFrame, text: str, cancelled: Callable[[], bool] = lambda: False) -> NDArray[np.bool_]:
    """Rows ``(n,)`` in which some cell holds the text, in large or small letters.

    A number is looked for as it begins: ``5.1`` finds 5.1 and 5.13 but not 15.1, and also the row of that number.

    Raises:
        Cancelled: ``cancelled`` said so.
    """
    wanted = text.strip().casefold()
    held = np.zeros(len(frame), dtype=bool)
    bounds = _bounds(wanted)
    if bounds is not None:
        held |= frame.index.to_numpy() == bounds[0]
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if isinstance(column.dtype, pd.CategoricalDtype):
            hits = [wanted in str(name).casefold() for name in column.cat.categories]
            held |= np.array([*hits, False])[column.cat.codes.to_numpy()]
        elif pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
            for some in _portions(len(column)):
                if cancelled():
                    raise Cancelled
                # A loop of Python's own lets other threads in every few milliseconds; pandas' does not.
                texts = column.iloc[some].astype(str).to_numpy(dtype=object)
                held[some] |= [isinstance(cell, str) and wanted in cell.casefold() for cell in texts]
        elif bounds is not None:
            size = column.to_numpy(dtype=np.float64, na_value=np.nan)
            low, high = sorted((abs(bounds[0]), abs(bounds[1])))
            held |= (np.abs(size) >= low) & (np.abs(size) < high) & (np.signbit(size) == np.signbit(bounds[0]))
        if cancelled():
            raise Cancelled
    return held


def _bounds(text: str) -> tuple[float, float] | None:
    """The numbers that begin with these digits lie between; None for what is no plain number."""
    digits = text.lstrip("-")
    if not digits.replace(".", "", 1).isdecimal() or text.count("-") > 1:
        return None
    places = len(digits.partition(".")[2])
    size = (round(float(digits) * 10**places) + 1) / 10**places
    return float(text), -size if text.startswith("-") else size


def _portions(count: int) -> Iterator[slice]:
    for start in range(0, count, _PORTION):
        yield slice(start, min(start + _PORTION, count))
