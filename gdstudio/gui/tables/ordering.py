"""Sorting a column without stopping the window: what takes long lets go of the interpreter, or comes in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

if TYPE_CHECKING:
    import pandas as pd

#: pandas holds the interpreter while it looks at texts: so many take a few milliseconds.
_PORTION = 10_000
#: Characters that NumPy compares, in which it lets go of the interpreter; what is equal in them is compared in full.
_PREFIX = 32


def permutation(column: pd.Series[Any], order: Qt.SortOrder) -> NDArray[np.intp]:
    """Positions ``(n,)`` in sorted order, equal ones as they stand, missing ones last."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # Classes in the order of their numbers.
        column = column.cat.codes.astype(np.float64).where(column.notna())
    if column.dtype == object:
        # Texts and numbers in one column cannot be compared: compare what is seen.
        column = column.where(column.isna(), column.astype(str))
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        # As doubles, whole numbers above 2**53 would be equal; ~ turns the order round without overflow.
        whole = column.to_numpy()
        return np.argsort(~whole if order == Qt.SortOrder.DescendingOrder else whole, kind="stable")
    # Ranks of the different values are compared rather than the values: texts then sort as fast as numbers.
    if not pd.api.types.is_numeric_dtype(column.dtype):
        codes = _ranks(column)
        keys = codes.astype(np.float64)
        keys[codes < 0] = np.nan
    else:
        keys = column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(keys)
    if order == Qt.SortOrder.DescendingOrder:
        keys = -keys
    found: NDArray[np.intp] = np.argsort(np.where(missing, np.inf, keys), kind="stable")
    if missing.any() and np.isinf(keys[~missing]).any():
        found = np.concatenate((found[~missing[found]], found[missing[found]]))
    return found


def _ranks(column: pd.Series[Any]) -> NDArray[np.intp]:
    """``(n,)`` place of each value among the different ones in their order; -1 where it is missing."""
    import pandas as pd

    if len(column) <= _PORTION or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.factorize(column, sort=True)[0]
    numbers: dict[Any, int] = {}
    codes = np.empty(len(column), dtype=np.intp)
    for start in range(0, len(column), _PORTION):
        some, different = pd.factorize(column.iloc[start : start + _PORTION])
        known = np.array([*(numbers.setdefault(v, len(numbers)) for v in different), -1], dtype=np.intp)
        codes[start : start + _PORTION] = known[some]
    if not all(isinstance(value, str) for value in numbers):
        return pd.factorize(column, sort=True)[0]
    order = _sorted(list(numbers))
    ranks = np.empty(len(order) + 1, dtype=np.intp)
    ranks[order] = np.arange(len(order))
    ranks[-1] = -1
    return ranks[codes]


def _sorted(texts: list[str]) -> NDArray[np.intp]:
    """Places ``(n,)`` of different texts in the order of their characters."""
    prefixes = np.empty(len(texts), dtype=f"<U{_PREFIX}")
    for start in range(0, len(texts), _PORTION):
        prefixes[start : start + _PORTION] = texts[start : start + _PORTION]
    order: NDArray[np.intp] = np.argsort(prefixes, kind="stable")
    same = np.concatenate([[False], prefixes[order[1:]] == prefixes[order[:-1]], [False]])
    for first in np.flatnonzero(same[1:] & ~same[:-1]):
        last = first + 1 + int(np.argmin(same[first + 1 :]))
        order[first:last] = sorted(order[first:last], key=texts.__getitem__)
    return order
