"""How columns become numbers: fitted on the training part alone, then the same for every row ever seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.registry import Frozen
from gdstudio.core.spec import PreparationSpec, Task
from gdstudio.data.transforms import CappedColumn, DateColumn, TargetMeanColumn, TransformedColumn, mark
from gdstudio.data.values import labels, numbers

Floats = NDArray[np.float64]


class NumericColumn(Frozen):
    """Number: ``(x - center) / scale``, a missing one being ``fill``."""

    kind: Literal["numeric"] = "numeric"
    name: str
    fill: float
    center: float = 0.0
    scale: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return (self.name,)

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, 1)`` prepared ones; raises StudioError for text and infinities."""
        values = numbers(series, self.name)
        return ((np.where(np.isnan(values), self.fill, values) - self.center) / self.scale)[:, None]

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that training could not know: none, among numbers."""
        return 0


class OneHotColumn(Frozen):
    """Category: one column of 0 and 1 for each; a missing one is ``fill``, an unseen one is 0 in all of them."""

    kind: Literal["category"] = "category"
    name: str
    categories: tuple[str, ...]
    fill: str

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return tuple(f"{self.name} = {category}" for category in self.categories)

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, k)``."""
        out = np.zeros((len(series), len(self.categories)))
        mark(self.places(series), out)
        return out

    def places(self, series: pd.Series[Any]) -> NDArray[np.int64]:
        """``(n,)`` places of the ones, below 0 where there is none."""
        return _codes(series, self.categories, self.fill)

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that are none of the categories."""
        return int((_codes(series, self.categories, self.fill) == _UNSEEN).sum())


class OrderedColumn(Frozen):
    """Ordered category: its place 0 … k-1, scaled like a number; a missing or an unseen one is ``fill``.

    A yes/no column is one too, with two categories and ``center`` 0, ``scale`` 1.
    """

    kind: Literal["ordered"] = "ordered"
    name: str
    categories: tuple[str, ...]
    fill: str
    center: float = 0.0
    scale: float = 1.0
    boolean: bool = False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return (f"{self.name} = {self.categories[-1]}" if self.boolean else self.name,)

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, 1)``."""
        codes = _codes(series, self.categories, self.fill)
        places = np.where(codes == _UNSEEN, self.categories.index(self.fill), codes)
        return ((places - self.center) / self.scale)[:, None]

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that are none of the categories."""
        return int((_codes(series, self.categories, self.fill) == _UNSEEN).sum())


PreparedColumn = Annotated[
    NumericColumn | OneHotColumn | OrderedColumn | TransformedColumn | CappedColumn | TargetMeanColumn | DateColumn,
    Field(discriminator="kind"),
]

_UNSEEN = -2
#: Beyond this, numbers are divided by the largest before they are squared.
_HUGE = 1e100
_ROWS_AT_ONCE = 1_024


def _codes(series: pd.Series[Any], categories: tuple[str, ...], fill: str) -> NDArray[np.int64]:
    """``(n,)`` places in ``categories``: that of ``fill`` for a missing value, ``_UNSEEN`` for an unseen one."""
    codes, found = labels(series)
    place = {name: index for index, name in enumerate(categories)}
    # The last entry is reached by code -1, a missing value.
    lookup = np.array([*(place.get(name, _UNSEEN) for name in found), place[fill]], dtype=np.int64)
    return lookup[codes]


class Preparation(Frozen):
    """Everything that turns rows into model inputs and model outputs back into the target's own terms.

    Attributes:
        task: What the target asks for.
        target: The column that is predicted.
        columns: How each feature is prepared, in the order of the inputs.
        classes: Class names in the order of the class numbers; empty for a regression.
        target_center, target_scale: A numeric target is trained on as ``(y - center) / scale``.
    """

    task: Task
    target: str
    columns: tuple[PreparedColumn, ...]
    classes: tuple[str, ...] = ()
    target_center: float = 0.0
    target_scale: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """``d`` names of the prepared columns, e.g. ``"education = master"``."""
        return tuple(name for column in self.columns for name in column.feature_names)

    def first_input(self, name: str) -> int:
        """Place of a column's first input among the ``d``; KeyError where it is not used."""
        place = 0
        for column in self.columns:
            if column.name == name:
                return place
            place += len(column.feature_names)
        raise KeyError(name)

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The columns that a table must have to be predicted on."""
        return tuple(column.name for column in self.columns)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Rows as model inputs ``(n, d)``, C-contiguous; computed in float64 and rounded once.

        Raises:
            StudioError: A column is missing, holds text or an infinite value where numbers belong, or values too
                large for 32-bit numbers.
        """
        return self.transform_parts(frame, (np.arange(len(frame)),))[0]

    def transform_parts(
        self, frame: pd.DataFrame, parts: Sequence[NDArray[np.int64]]
    ) -> tuple[NDArray[np.float32], ...]:
        """Some of the rows, each part as :meth:`transform` gives it; what is in no part is looked at all the same.

        Takes little more memory than the parts, however many inputs a category has.

        Args:
            frame: Rows ``(n,)``.
            parts: Places of rows ``(m,)``.
        """
        self.check(frame)
        encoded = [self._encoded(column, frame[column.name]) for column in self.columns]
        made = tuple(np.zeros((len(rows), len(self.feature_names)), dtype=np.float32) for rows in parts)
        for rows, out in zip(parts, made, strict=True):
            # Row by row the inputs lie beside one another: a portion of them stays in the processor's cache.
            for begin in range(0, len(rows), _ROWS_AT_ONCE):
                some, start = rows[begin : begin + _ROWS_AT_ONCE], 0
                for column, values in zip(self.columns, encoded, strict=True):
                    end = start + len(column.feature_names)
                    block = out[begin : begin + _ROWS_AT_ONCE, start:end]
                    if isinstance(column, OneHotColumn | CappedColumn):
                        mark(values[some], block)
                    else:
                        block[:] = values[some]
                    start = end
        return made

    @staticmethod
    def _encoded(column: PreparedColumn, series: pd.Series[Any]) -> NDArray[Any]:
        """``(n, k)`` float32, or the places of a category's ones ``(n,)``."""
        if isinstance(column, OneHotColumn | CappedColumn):
            return column.places(series)
        # What overflows is refused just below, by name and row.
        with np.errstate(over="ignore", invalid="ignore"):
            values = column.encode(series).astype(np.float32)
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise StudioError(
                f"The column {column.name!r} holds {series.iloc[row]} in row {row + 1:,}, which is too "
                "large to compute with.",
                "Correct the value in the file, scale the column, or ignore it.",
            )
        return values

    def check(self, frame: pd.DataFrame) -> None:
        """Raise a StudioError that names the columns which ``frame`` lacks."""
        lacking = [name for name in self.raw_columns if name not in frame.columns]
        if lacking:
            said = (
                f"The column {lacking[0]!r} is missing: the model was trained with it."
                if len(lacking) == 1
                else f"The columns {', '.join(map(repr, lacking))} are missing: the model was trained with them."
            )
            raise StudioError(said, nearest(lacking[0], map(str, frame.columns)))

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Column → number of rows whose category training never saw; columns without any are left out."""
        self.check(frame)
        counts = {column.name: column.unseen(frame[column.name]) for column in self.columns}
        return {name: count for name, count in counts.items() if count}

    def known_target(self, series: pd.Series[Any]) -> NDArray[np.bool_]:
        """``(n,)``: whether a row's target is there and, in a classification, one of the classes."""
        if self.task == "regression":
            return ~np.isnan(numbers(series, self.target))
        return self._class_numbers(series) >= 0

    def encode_target(self, series: pd.Series[Any]) -> NDArray[np.int64] | NDArray[np.float32]:
        """The target ``(n,)`` as the loss takes it: int64 class numbers, or float32 scaled values.

        Raises:
            StudioError: A value is missing, or a class was never seen in training; names the row.
        """
        values: Any
        if self.task == "regression":
            values = numbers(series, self.target)
            wrong = np.isnan(values)
            with np.errstate(over="ignore", invalid="ignore"):
                values = ((values - self.target_center) / self.target_scale).astype(np.float32)
            if np.isinf(values).any():
                row = int(np.argmax(np.isinf(values)))
                raise StudioError(
                    f"The target {self.target!r} holds {series.iloc[row]} in row {row + 1:,}, which is too large to "
                    "compute with.",
                    "Correct the value in the file, or scale the target.",
                )
        else:
            values = self._class_numbers(series)
            wrong = values < 0
        if wrong.any():
            row = int(np.argmax(wrong))
            found = series.iloc[row]
            if pd.isna(found):
                raise StudioError(f"The target {self.target!r} is missing in row {row + 1:,}.", "Leave such rows out.")
            raise StudioError(
                f"The target {self.target!r} holds {str(found)!r} in row {row + 1:,}, a class that training never saw.",
                f"Classes: {', '.join(self.classes)}.",
            )
        return cast("NDArray[np.int64] | NDArray[np.float32]", values)

    def decode_target(self, values: NDArray[Any]) -> NDArray[Any]:
        """Class numbers ``(n,)`` as class names (objects), or scaled values as float64 in their own unit."""
        if self.task == "regression":
            return np.asarray(values, dtype=np.float64) * self.target_scale + self.target_center
        return np.array(self.classes, dtype=object)[np.asarray(values, dtype=np.int64)]

    def _class_numbers(self, series: pd.Series[Any]) -> NDArray[np.int64]:
        codes, found = labels(series)
        place: Mapping[str, int] = {name: index for index, name in enumerate(self.classes)}
        lookup = np.array([*(place.get(name, -1) for name in found), -1], dtype=np.int64)
        return lookup[codes]


def scaling(values: Floats, how: str) -> tuple[float, float]:
    """``(center, scale)`` of a column ``(n,)`` without missing values; a constant one gets scale 1.

    ``standard`` is mean and standard deviation (divisor n), ``min_max`` minimum and range, ``robust`` median and
    distance between the quartiles: the definitions of scikit-learn's scalers.
    """
    if how == "none":
        return 0.0, 1.0
    if how == "standard":
        # Squares of huge numbers overflow: the largest one stands out of them, and is put back.
        largest = float(np.abs(values).max()) or 1.0
        unit = largest if largest > _HUGE else 1.0
        center, scale = float((values / unit).mean()) * unit, float((values / unit).std()) * unit
        # Rounding leaves a constant column a tiny deviation; dividing by it would turn noise into a feature.
        if scale <= 10 * np.finfo(np.float64).eps * max(abs(center), float(np.abs(values).max())):
            scale = 1.0
    elif how == "min_max":
        low, high = float(values.min()), float(values.max())
        center, scale = low, high - low
    else:
        low, center, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
        scale = high - low
    return center, scale or 1.0


def filling(values: Floats, how: PreparationSpec) -> float:
    """What stands in for a missing number, from the values ``(n,)`` that are there; 0 where none are."""
    if how.impute == "constant":
        return how.constant
    if not len(values):
        return 0.0
    if how.impute == "mean":
        return float(values.mean())
    if how.impute == "median":
        return float(np.median(values))
    found, counts = np.unique(values, return_counts=True)
    return float(found[np.argmax(counts)])
