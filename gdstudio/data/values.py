"""The two ways in which a column is understood: as numbers, or as names of categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError

#: Words for yes and no in small letters; the affirmative one is a positive class.
YES_NO: tuple[tuple[str, str], ...] = (
    ("yes", "no"),
    ("y", "n"),
    ("true", "false"),
    ("t", "f"),
    ("1", "0"),
    ("on", "off"),
    ("positive", "negative"),
    ("pos", "neg"),
    ("ja", "nein"),
    ("oui", "non"),
    ("sí", "no"),
    ("si", "no"),
    ("sim", "não"),
    ("tak", "nie"),
    ("ja", "nee"),
    ("ja", "nej"),
    ("kyllä", "ei"),
    ("igen", "nem"),
    ("ano", "ne"),
    ("evet", "hayır"),
    ("да", "нет"),
    ("ναι", "όχι"),
    ("はい", "いいえ"),
    ("是", "否"),
    ("예", "아니요"),
    ("نعم", "لا"),
    ("כן", "לא"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("vero", "falso"),
    ("verdadero", "falso"),
    ("1", "-1"),
    ("+1", "-1"),
    ("+", "-"),
)


#: Texts that are compared in one go: a longer one keeps Python's lock from the window for a tenth of a second.
_PORTION = 100_000


def factorized(series: pd.Series[Any]) -> tuple[NDArray[np.intp], Sequence[Any]]:
    """Codes ``(n,)``, -1 where a value is missing, and the different values in the order of first appearance.

    As ``pandas.factorize`` gives them, but texts a portion at a time.
    """
    if len(series) <= _PORTION or not isinstance(series.dtype, pd.StringDtype):
        whole, values = pd.factorize(series, use_na_sentinel=True)
        return whole, list(values)
    places: dict[Any, int] = {}
    codes = np.empty(len(series), dtype=np.intp)
    for start in range(0, len(series), _PORTION):
        some, found = pd.factorize(series.iloc[start : start + _PORTION], use_na_sentinel=True)
        # The last entry is reached by code -1, a missing value.
        place = np.array([*(places.setdefault(value, len(places)) for value in found), -1], dtype=np.intp)
        codes[start : start + _PORTION] = place[some]
    return codes, list(places)


def labels(series: pd.Series[Any]) -> tuple[NDArray[np.intp], list[str]]:
    """A column as categories.

    Args:
        series: ``(n,)`` values of any type.

    Returns:
        ``(n,)`` codes, -1 where a value is missing, and the name of each code in the order of first appearance. A
        whole number is named ``"1"``, also where missing values made its column one of floats.
    """
    codes, values = factorized(series)
    names = [_name(value) for value in values]
    distinct = list(dict.fromkeys(names))
    if len(distinct) < len(names):
        place = {name: index for index, name in enumerate(distinct)}
        merged = np.array([place[name] for name in names], dtype=np.intp)
        codes = np.where(codes >= 0, merged[codes], -1)
    return codes.astype(np.intp, copy=False), distinct


def _name(value: Any) -> str:
    if isinstance(value, float | np.floating) and np.isfinite(value) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)


def sorted_labels(names: list[str]) -> list[str]:
    """Names in their natural order: by value where all are numbers, else by text."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def parsed(series: pd.Series[Any]) -> NDArray[np.float64]:
    """A column as float64 ``(n,)``, NaN where a value is missing or is not a number."""
    if pd.api.types.is_bool_dtype(series) or pd.api.types.is_numeric_dtype(series):
        return cast("NDArray[np.float64]", series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(series):
        return np.full(len(series), np.nan)
    try:
        return cast("NDArray[np.float64]", pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64))
    except OverflowError:
        # Whole numbers of hundreds of digits.
        return np.array([_as_float(value) for value in series], dtype=np.float64)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except (TypeError, ValueError):
        return np.nan


def numbers(series: pd.Series[Any], name: str) -> NDArray[np.float64]:
    """A column as float64 ``(n,)``, NaN where a value is missing.

    Raises:
        StudioError: It holds text or an infinite value; names the column, the first such row and the value.
    """
    values = parsed(series)
    wrong = np.isnan(values) & series.notna().to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        count = int(wrong.sum())
        more = f", and {count - 1:,} more of its values are not numbers" if count > 1 else ""
        raise StudioError(
            f"The numeric column {name!r} holds the text {str(series.iloc[row])[:60]!r} in row {row + 1:,}{more}.",
            "Set the column's type to category, ignore it, or name the text as a missing-value word of the reader.",
        )
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise StudioError(
            f"The column {name!r} holds an infinite value in row {row + 1:,}.",
            "Correct the value in the file, leave it empty, or ignore the column.",
        )
    return values


def affirmative(names: list[str]) -> str | None:
    """Of two names the one that says yes; None where neither does, as with ``setosa`` and ``virginica``."""
    if len(names) != 2:
        return None
    small = {name.strip().casefold(): name for name in names}
    for yes, no in YES_NO:
        if yes in small and no in small:
            return small[yes]
    for one, other in (names, reversed(names)):
        stripped, longer = one.strip().casefold(), other.strip().casefold()
        if stripped and longer in {
            f"{prefix}{stripped}" for prefix in ("not ", "no ", "non-", "non ", "not_", "no_", "un", "in")
        }:
            return one
    return None
