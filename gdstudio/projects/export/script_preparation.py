"""The lines of an exported script that turn columns into numbers, in the very arithmetic of the program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import PreparationSpec
from gdstudio.data.dataset import Dataset
from gdstudio.data.preparation import NumericColumn, OneHotColumn, OrderedColumn
from gdstudio.data.transforms import CappedColumn, DateColumn, TargetMeanColumn, TransformedColumn
from gdstudio.data.values import numbers
from gdstudio.projects.export.script_data import numeric_columns

#: Beyond this the program scales numbers in a way of its own, which the script leaves out.
_HUGE = 1e100


def preparing(dataset: Dataset) -> str:
    """Code that makes the float32 inputs and the target; constants are computed from the training rows.

    Raises:
        StudioError: A column is prepared in a way that the script cannot express; it is named.
    """
    _refuse(dataset)
    calls, used = [], []
    for column in dataset.preparation.columns:
        call, helpers = _call(column, dataset.spec.preparation.of(dataset.spec.columns[column.name]))
        calls.append(f"    {call},\n")
        used += helpers
    if dataset.task == "regression" and dataset.spec.preparation.scale_target:
        used.append("standard")
    functions = "\n\n".join(code for name, code in _HELPERS.items() if name in used)
    return f"""\
{functions}

{_target(dataset)}

# The inputs, column by column: what is missing, the scale and the like are found on the training rows alone.
inputs = [
{"".join(calls)}]
features = np.concatenate(inputs, axis=1).astype(np.float32)
"""


def _refuse(dataset: Dataset) -> None:
    for name in numeric_columns(dataset):
        if np.nanmax(np.abs(numbers(dataset.table.frame[name], name)), initial=0.0) > _HUGE:
            raise StudioError(f"The column {name!r} holds values beyond 1e100, which the script cannot scale.",
                              "Scale the column in the file.")  # fmt: skip
    for column in dataset.preparation.columns:
        dtype = dataset.table.frame[column.name].dtype
        if isinstance(column, DateColumn) and isinstance(dtype, pd.DatetimeTZDtype):
            raise StudioError(
                f"The dates of {column.name!r} have a time zone, which the script would lose.", "Ignore the column."
            )


def _call(column: Any, how: PreparationSpec) -> tuple[str, list[str]]:
    """The call that makes a column's inputs, and the functions that it needs."""
    name, scale = repr(column.name), _SCALES[how.scale]
    match column:
        case NumericColumn() | TransformedColumn():
            return _number(column, how)
        case OneHotColumn():
            return f"one_each({name}, {list(column.categories)!r})", ["filled", "one_each"]
        case CappedColumn():
            return f"common_ones({name}, {list(column.categories)!r})", ["filled", "common_ones"]
        case OrderedColumn(boolean=True):
            return f"yes_or_no({name}, {list(column.categories)!r})", ["filled", "yes_or_no"]
        case OrderedColumn():
            return f"place({name}, {list(column.categories)!r}, {scale})", ["place", scale]
        case DateColumn():
            parts = ["day_of_week" if part == "weekday" else part for part in column.parts]
            return f"date({name}, {parts!r}, {scale}, day_first={column.day_first})", ["date", scale]
        case TargetMeanColumn():
            return f"target_means({name}, {scale})", ["target_means", scale]
    raise StudioError(
        f"The script cannot express how the column {column.name!r} is prepared ({column.kind}).",
        "Ignore the column, or choose another type for it.",
    )


def _number(column: NumericColumn | TransformedColumn, how: PreparationSpec) -> tuple[str, list[str]]:
    fill, scale = how.impute, _SCALES[how.scale]
    arguments = [repr(column.name), f"constant({how.constant!r})" if fill == "constant" else fill, scale]
    helpers = ["number", fill, scale]
    if isinstance(column, TransformedColumn):
        helpers[0] = "any_number"
        if how.clip != "none":
            arguments.append(f"bounds={how.clip}")
            helpers.append(how.clip)
        arguments += [f"{name}=True" for name in ("log", "indicator") if getattr(column, name)]
    return f"{helpers[0]}({', '.join(arguments)})", helpers


def _target(dataset: Dataset) -> str:
    if dataset.classes:
        code = """\
# The target as class numbers.
target = np.full(len(frame), -1, dtype=np.int64)
known = frame[TARGET].notna().to_numpy()
target[known] = [CLASSES.index(name) for name in frame[TARGET][known]]
"""
        one = "target[train] == 1" if dataset.task == "binary" else "target[train] == c"
        each = "" if dataset.task == "binary" else " for c in range(len(CLASSES))"
        wanted = f"wanted = [({one}).astype(np.float64){each}]  # what categories are described by\n"
    else:
        code = (
            "# The target as numbers.\nvalues = frame[TARGET].to_numpy(dtype=np.float64, na_value=np.nan)\n"
            "target_center, target_scale = 0.0, 1.0\n"
        )
        if dataset.spec.preparation.scale_target:
            code = code.replace(
                "target_center, target_scale = 0.0, 1.0\n",
                "# With mean 0 and deviation 1 it is learned at the same pace whatever its unit.\n"
                "target_center, target_scale = standard(values[train])\n",
            )
        code += "target = ((values - target_center) / target_scale).astype(np.float32)\n"
        wanted = "wanted = [values[train]]  # what categories are described by\n"
    return code + (wanted if any(isinstance(c, TargetMeanColumn) for c in dataset.preparation.columns) else "")


#: How the setting ``scale`` is called in the script.
_SCALES = {"none": "unscaled", "standard": "standard", "min_max": "min_max", "robust": "robust"}

#: Functions of the script, in the order in which they stand there.
_HELPERS = {
    "median": '''\
def median(known):
    """The middle one stands in for a missing number."""
    return float(np.median(known))
''',
    "mean": '''\
def mean(known):
    """The mean stands in for a missing number."""
    return float(known.mean())
''',
    "most_frequent": '''\
def most_frequent(known):
    """The most frequent one stands in for a missing number."""
    found, often = np.unique(known, return_counts=True)
    return float(found[np.argmax(often)])
''',
    "constant": '''\
def constant(value):
    """Always the same stands in for a missing number."""
    return lambda known: value
''',
    "unscaled": '''\
def unscaled(values):
    """Numbers stay as they are."""
    return 0.0, 1.0
''',
    "standard": '''\
def standard(values):
    """Mean and standard deviation; a column that never changes is only centred."""
    center, scale = float(values.mean()), float(values.std())
    if scale <= 10 * np.finfo(np.float64).eps * max(abs(center), float(np.abs(values).max())):
        scale = 1.0
    return center, scale or 1.0
''',
    "min_max": '''\
def min_max(values):
    """Smallest value and range, which brings numbers to 0 … 1."""
    low, high = float(values.min()), float(values.max())
    return low, (high - low) or 1.0
''',
    "robust": '''\
def robust(values):
    """Median and distance between the quartiles, which outliers cannot move."""
    low, center, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
    return center, (high - low) or 1.0
''',
    "quantiles": '''\
def quantiles(known):
    """What lies outside of these is brought back to them."""
    low, high = np.percentile(known, [1, 99])
    return float(low), float(high)
''',
    "fences": '''\
def fences(known):
    """What lies further out than 1.5 quartile ranges (Tukey 1977) is brought back."""
    low, high = np.percentile(known, [25, 75])
    return float(low - 1.5 * (high - low)), float(high + 1.5 * (high - low))
''',
    "number": '''\
def number(name, fill, scaling):
    """A column of numbers, one input."""
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[train][~np.isnan(values[train])]
    values = np.where(np.isnan(values), fill(known), values)
    center, scale = scaling(values[train])
    return ((values - center) / scale)[:, None]
''',
    "any_number": '''\
def any_number(name, fill, scaling, bounds=None, log=False, indicator=False):
    """A column of numbers: clipped, its logarithm taken, and an input that says where it was missing."""
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[train][~np.isnan(values[train])]
    ready = np.where(np.isnan(values), fill(known), values)
    if bounds is not None:
        ready = np.clip(ready, *bounds(known))
    if log:
        ready = np.sign(ready) * np.log1p(np.abs(ready))  # also of zeros and negative numbers
    center, scale = scaling(ready[train])
    ready = (ready - center) / scale
    return np.stack([ready, np.isnan(values)], axis=1) if indicator else ready[:, None]
''',
    "filled": '''\
def filled(name):
    """A column of categories, the most frequent one standing in for missing ones."""
    text = frame[name]
    counts = {value: int((text.iloc[train] == value).sum()) for value in text.dropna().unique()}
    return text.fillna(max(counts, key=counts.get))
''',
    "one_each": '''\
def one_each(name, categories):
    """A column of categories, an input of 0 or 1 for each."""
    text = filled(name)
    return np.stack([(text == value).to_numpy(dtype=np.float64) for value in categories], axis=1)
''',
    "common_ones": '''\
def common_ones(name, categories):
    """A column of categories, an input of 0 or 1 for the commonest, and one for all others."""
    text = filled(name)
    known = np.stack([(text == value).to_numpy() for value in categories], axis=1)
    return np.hstack([known, ~known.any(axis=1, keepdims=True)]).astype(np.float64)
''',
    "yes_or_no": '''\
def yes_or_no(name, categories):
    """A column of two values: 0 or 1."""
    return np.array([categories.index(value) for value in filled(name)], dtype=np.float64)[:, None]
''',
    "place": '''\
def place(name, categories, scaling):
    """A column of ordered categories: the place of each, the middle one standing in for missing ones."""
    text = frame[name]
    counts = {value: int((text.iloc[train] == value).sum()) for value in text.dropna().unique()}
    places = np.repeat([categories.index(value) for value in counts], list(counts.values()))
    middle = categories[int(np.percentile(places, 50, method="lower"))]
    places = np.array([categories.index(value) for value in text.fillna(middle)], dtype=np.float64)
    center, scale = scaling(places[train])
    return ((places - center) / scale)[:, None]
''',
    "date": '''\
def date(name, parts, scaling, day_first):
    """A column of dates: those of its parts that vary, an input each; the median stands in for a missing one."""
    text = frame[name]
    by_year = text.str.match(r"\\s*\\d{4}\\D", na=False)  # what begins with the year goes on with the month
    dates = pd.to_datetime(
        text.where(~by_year, None), format="mixed", dayfirst=day_first, errors="coerce", utc=True
    ).fillna(pd.to_datetime(text.where(by_year, None), format="mixed", errors="coerce", utc=True))
    block = []
    for part in parts:
        values = getattr(dates.dt, part).to_numpy(dtype=np.float64, na_value=np.nan)
        known = values[train][~np.isnan(values[train])]
        values = np.where(np.isnan(values), float(np.median(known)), values)
        center, scale = scaling(values[train])
        block.append((values - center) / scale)
    return np.stack(block, axis=1)
''',
    "target_means": '''\
def target_means(name, scaling):
    """A column of categories, each as the smoothed mean of the target among its training rows.

    A training row's own value comes from other training rows alone: it would otherwise hold the answer.
    """
    text = frame[name]
    codes, found = pd.factorize(text.iloc[train])  # -1 where it is missing
    block = []
    for answers in wanted:
        folds = KFold(5, shuffle=True, random_state=0)
        encoder = TargetEncoder(target_type="continuous", smooth="auto", cv=folds)
        crossed = encoder.fit_transform(codes[:, None].astype(np.int64), answers)[:, 0]
        means = dict(zip(encoder.categories_[0], encoder.encodings_[0]))
        known = {value: means[code] for code, value in enumerate(found)}
        missing = means.get(-1, encoder.target_mean_)
        values = np.array([missing if pd.isna(v) else known.get(v, encoder.target_mean_) for v in text])
        values[train] = crossed
        center, scale = scaling(crossed)
        block.append((values - center) / scale)
    return np.stack(block, axis=1)
''',
}
