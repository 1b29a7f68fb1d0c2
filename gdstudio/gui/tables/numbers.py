"""How values of a table are written: few digits to look at, every digit on hover and on copy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"
_DIGITS = 5
_LONGEST_TEXT = 200
#: Where more than this share of a column would be written as 0.00000 and some of it is tiny indeed, powers of ten are
#: written rather than columns that line up.
_MOST_HIDDEN, _TINY = 0.25, 1e-9


def exact_text(value: Any) -> str:
    """A value so that it reads back to the same one; empty where it is missing."""
    import pandas as pd

    if is_missing(value):
        return ""
    if isinstance(value, float | np.floating):
        # In its own precision: float32 as a double would show digits that were never there.
        return str(value).removesuffix(".0")
    if isinstance(value, pd.Timestamp) and value == value.normalize() and value.tz is None:
        return value.strftime("%Y-%m-%d")
    return str(value)


def is_missing(value: Any) -> bool:
    """Whether there is no value: NaN, None, NaT, NA."""
    import pandas as pd

    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def formatter(sample: pd.Series[Any]) -> Callable[[Any], str]:
    """How a column's values are written, chosen once for all of them so that they line up.

    Args:
        sample: Some of its values.
    """
    import pandas as pd

    if pd.api.types.is_bool_dtype(sample.dtype) or not pd.api.types.is_numeric_dtype(sample.dtype):
        return _short_text
    if pd.api.types.is_integer_dtype(sample.dtype):
        return lambda value: f"{value:,}" if abs(value) >= 100_000 else str(value)
    values = sample.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(values) or values.max() >= 1e9 or values.max() < 1e-3:
        return lambda value: f"{value:.{_DIGITS}g}"
    whole = math.floor(math.log10(values.max())) + 1
    needed = max((_decimals(value) for value in values[:200]), default=0)
    places = min(max(_DIGITS - max(whole, 0), 0), needed)
    if values.min() < _TINY and float(np.mean(values < 0.5 * 10.0**-places)) > _MOST_HIDDEN:
        return lambda value: f"{value:.{_DIGITS - 1}g}"
    return lambda value: f"{value:.{places}f}"


def _decimals(value: float) -> int:
    """Digits behind the point that the value needs, of the first twelve."""
    return len(f"{value:.12g}".partition(".")[2]) if "e" not in f"{value:.12g}" else _DIGITS


def _short_text(value: Any) -> str:
    text = exact_text(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
