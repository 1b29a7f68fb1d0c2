"""The lines of an exported script that turn columns into numbers, in the very arithmetic of the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdstudio.core.errors import StudioError
from gdstudio.data.dataset import Dataset
from gdstudio.data.preparation import NumericColumn, OneHotColumn, OrderedColumn
from gdstudio.data.values import numbers
from gdstudio.projects.export.script_data import numeric_columns

#: Beyond this the program scales numbers in a way of its own, which the script leaves out.
_HUGE = 1e100


def preparing(dataset: Dataset) -> str:
    """Code that makes the float32 inputs and the target; constants are computed from the training rows."""
    preparation, how = dataset.preparation, dataset.spec.preparation
    _refuse_unknown(dataset)
    for name in numeric_columns(dataset):
        if np.nanmax(np.abs(numbers(dataset.table.frame[name], name)), initial=0.0) > _HUGE:
            raise StudioError(f"The column {name!r} holds values beyond 1e100, which the script cannot scale.",
                              "Scale the column in the file.")  # fmt: skip
    kinds = {type(c) for c in preparation.columns}
    features = "".join(f"    {_feature(c)},\n" for c in preparation.columns)
    code = f"""\
# What each column is. Categories stand in a fixed order: each gets an input of its own (0 or 1), or its place.
FEATURES = [
{features}]


def center_and_scale(values):
{_SCALING[how.scale]}

inputs = []
for name, kind, categories in FEATURES:
"""
    if NumericColumn in kinds:
        code += f"""\
    if kind == "number":
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known = values[train][~np.isnan(values[train])]
{_FILLING[how.impute]}
        values = np.where(np.isnan(values), fill, values)
        center, scale = center_and_scale(values[train])
        inputs.append(((values - center) / scale)[:, None])
"""
    if OneHotColumn in kinds or OrderedColumn in kinds:
        code += f"""\
    {"else" if NumericColumn in kinds else "if True"}:
        text = frame[name]
        counts = {{value: int((text.iloc[train] == value).sum()) for value in text.dropna().unique()}}
        fill = max(counts, key=counts.get)  # the most frequent category stands in for a missing one
"""
    if OrderedColumn in kinds:
        code += """\
        if kind == "ordered":  # … or the middle one, where categories have an order
            places = np.repeat([categories.index(value) for value in counts], list(counts.values()))
            fill = categories[int(np.percentile(places, 50, method="lower"))]
"""
    if OneHotColumn in kinds or OrderedColumn in kinds:
        code += """\
        text = text.fillna(fill)
"""
    if OneHotColumn in kinds:
        code += """\
        if kind == "category":
            inputs.append(np.stack([(text == value).to_numpy(dtype=np.float64) for value in categories], axis=1))
"""
    if OrderedColumn in kinds:
        code += """\
        if kind != "category":
            places = np.array([categories.index(value) for value in text], dtype=np.float64)
            center, scale = center_and_scale(places[train]) if kind == "ordered" else (0.0, 1.0)
            inputs.append(((places - center) / scale)[:, None])
"""
    code = code.replace("    if True:\n", "    if kind:\n")
    code += """\
features = np.concatenate(inputs, axis=1).astype(np.float32)

"""
    return code + _target(dataset)


def _refuse_unknown(dataset: Dataset) -> None:
    """A preparation that these lines do not know would give other inputs.

    Raises:
        StudioError: It names the setting or the column.
    """
    how = dataset.spec.preparation
    usual = type(how)()
    other = [
        name for name in type(how).model_fields if name not in _KNOWN and getattr(how, name) != getattr(usual, name)
    ]
    if how.impute not in _FILLING:
        other.append("impute")
    for column in dataset.spec.columns.values():
        names = [name for name in type(column).model_fields if name not in ("role", "type", "categories")]
        other.extend(name for name in names if getattr(column, name) is not None)
    if other:
        raise StudioError(
            f"The script cannot express the preparation {other[0]} as it is set.", "Set it back to its usual value."
        )
    for prepared in dataset.preparation.columns:
        if type(prepared) not in (NumericColumn, OneHotColumn, OrderedColumn):
            raise StudioError(
                f"The script cannot express how the column {prepared.name!r} is prepared ({prepared.kind}).",
                "Ignore the column, or choose another type for it.",
            )


#: Settings of the preparation that the script's lines follow.
_KNOWN = ("impute", "scale", "scale_target")


def _feature(column: Any) -> str:
    if isinstance(column, NumericColumn):
        return repr((column.name, "number", []))
    if isinstance(column, OneHotColumn):
        return repr((column.name, "category", list(column.categories)))
    return repr((column.name, "yes/no" if column.boolean else "ordered", list(column.categories)))


def _target(dataset: Dataset) -> str:
    preparation = dataset.preparation
    if dataset.classes:
        return """\
# The target as class numbers.
target = np.full(len(frame), -1, dtype=np.int64)
known = frame[TARGET].notna().to_numpy()
target[known] = [CLASSES.index(name) for name in frame[TARGET][known]]
"""
    code = "# The target as numbers.\nvalues = frame[TARGET].to_numpy(dtype=np.float64, na_value=np.nan)\n"
    if dataset.spec.preparation.scale_target:
        code += f"""\
# A target with mean 0 and deviation 1 is learned at the same pace whatever its unit.
def target_center_and_scale(values):
{_SCALING["standard"]}

target_center, target_scale = target_center_and_scale(values[train])
"""
    else:
        assert preparation.target_scale == 1.0
        code += "target_center, target_scale = 0.0, 1.0\n"
    return code + "target = ((values - target_center) / target_scale).astype(np.float32)\n"


_FILLING = {
    "median": "        fill = float(np.median(known))  # the median stands in for a missing number",
    "mean": "        fill = float(known.mean())  # the mean stands in for a missing number",
    "most_frequent": (
        "        found, often = np.unique(known, return_counts=True)\n"
        "        fill = float(found[np.argmax(often)])  # the most frequent number stands in for a missing one"
    ),
}
_SCALING = {
    "none": '    """Numbers stay as they are."""\n    return 0.0, 1.0\n',
    "standard": '''\
    """Mean and standard deviation; a column that never changes is only centred."""
    center, scale = float(values.mean()), float(values.std())
    if scale <= 10 * np.finfo(np.float64).eps * max(abs(center), float(np.abs(values).max())):
        scale = 1.0
    return center, scale
''',
    "min_max": '''\
    """Smallest value and range, which brings numbers to 0 … 1."""
    low, high = float(values.min()), float(values.max())
    return low, (high - low) or 1.0
''',
    "robust": '''\
    """Median and distance between the quartiles, which outliers cannot move."""
    low, center, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
    return center, (high - low) or 1.0
''',
}
