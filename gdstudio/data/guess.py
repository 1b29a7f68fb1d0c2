"""What one column seems to be, from its values and its name."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.spec import ColumnType, Role
from gdstudio.data.table import Column
from gdstudio.data.text.cells import is_date
from gdstudio.data.text.numerals import is_code
from gdstudio.data.values import YES_NO, labels, parsed

#: A numeric target with at most so many different whole numbers is taken as classes.
_MOST_CLASSES = 10
#: Text is taken as categories up to this many different values, or this share of the rows.
_MOST_CATEGORIES, _CATEGORY_SHARE = 50, 0.1
#: A column is numeric if this share of its values are numbers; the rest is then refused by name and row.
_NUMERIC_SHARE = 0.8
#: Values that are looked at to tell numbers, dates and prose in a column of text.
_LOOKED_AT = 20_000
_ID_NAME = re.compile(r"(^|[\s_.-])(id|uuid|guid|key|nr|no|number|index|row)$|^unnamed: \d+$", re.IGNORECASE)
_ID_CAMEL = re.compile(r"[a-z](Id|ID)$")

#: Scales that people write as words, lowest first.
_SCALES: tuple[tuple[str, ...], ...] = (
    ("very low", "low", "medium", "high", "very high"),
    ("low", "moderate", "high"),
    ("low", "mid", "high"),
    ("xs", "s", "m", "l", "xl", "xxl"),
    ("small", "medium", "large"),
    ("none", "mild", "moderate", "severe"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("primary", "secondary", "bachelor", "master", "doctorate"),
    ("cold", "cool", "mild", "warm", "hot"),
)


def guess_column(
    series: pd.Series[Any],
    name: str,
    as_target: bool = False,
    reason: str = "",
    counts: tuple[int, int] | None = None,
) -> Column:
    """Type, role and reason of one column.

    Args:
        series: Its values.
        name: Its name.
        as_target: Guess what it is as the target: never ignored, and few whole numbers are classes.
        reason: Why it is the target, as a sentence.
        counts: Missing and different values where they were counted before.
    """
    missing, distinct = counts if counts is not None else (int(series.isna().sum()), count_distinct(series))
    rows = len(series)
    kind, role, why, categories = _as_feature(series, name, rows, missing, distinct)
    if as_target:
        role = "target"
        if kind == "numeric" and _is_classes(series, rows - missing, distinct):
            kind = "category"
            why = f"Its {distinct} whole numbers are taken as classes; set its type to numeric to predict amounts."
        elif kind not in ("numeric", "category", "ordered", "boolean"):
            kind = "numeric" if pd.api.types.is_numeric_dtype(series) else "category"
            why = ""
        else:
            why = ""
        why = f"{reason} {why}".strip()
    return Column(name, kind, role, why, categories, missing, distinct)


def count_distinct(series: pd.Series[Any]) -> int:
    """Number of different values; of a large column that is nearly all different an estimate from a sample.

    Counting costs as much as parsing the file; whether a million values are 990,000 or a million different ones
    decides nothing. What may be whole numbers or categories is counted.
    """
    if len(series) > 5 * _LOOKED_AT and pd.api.types.is_float_dtype(series):
        sample = series.iloc[np.linspace(0, len(series) - 1, _LOOKED_AT).astype(np.int64)].dropna()
        share = sample.nunique() / max(len(sample), 1)
        if share > 0.9:
            return round(share * series.count())
    if pd.api.types.is_integer_dtype(series) and len(series) > _LOOKED_AT and not series.hasnans:
        values = series.to_numpy()
        low, span = values.min(), int(values.max()) - int(values.min())
        if span < len(values):
            return int(np.count_nonzero(np.bincount(values - low)))
    return int(series.nunique())


_Guess = tuple[ColumnType, Role, str, tuple[str, ...]]


def _as_feature(series: pd.Series[Any], name: str, rows: int, missing: int, distinct: int) -> _Guess:
    present = rows - missing
    if not distinct:
        return "numeric", "ignore", "Left out: it has no values.", ()
    if pd.api.types.is_datetime64_any_dtype(series):
        return (
            "datetime",
            "ignore",
            "Left out: set its use to feature to take year, month, weekday and the like from it.",
            (),
        )
    is_number = pd.api.types.is_numeric_dtype(series)
    if distinct == 1:
        kind: ColumnType = "numeric" if is_number else "category"
        return kind, "ignore", "Left out: it has the same value in every row.", ()
    if pd.api.types.is_bool_dtype(series):
        return "boolean", "feature", "", ()
    if is_number:
        return _numeric(series, name, present, distinct)
    return _text(series if not missing else series.dropna(), name, present, distinct)


def _numeric(series: pd.Series[Any], name: str, present: int, distinct: int) -> _Guess:
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    if distinct == 2 and set(np.unique(values[~np.isnan(values)])) == {0.0, 1.0}:
        return "boolean", "feature", "", ()
    # A count of rows under another name may be a time, as in a table of x and y.
    nameless = name == "column 1" and values[0] in (0, 1)
    if distinct == present == len(values) and present > 2 and (nameless or _is_id_name(name)) and _is_whole(values):
        counts = bool((np.diff(values) == 1).all())
        if nameless and not counts:
            return "numeric", "feature", "", ()
        why = "it only counts the rows" if counts else "each row has another value, and its name says identifier"
        return "identifier", "ignore", f"Left out: {why}.", ()
    return "numeric", "feature", "", ()


def _text(values: pd.Series[Any], name: str, present: int, distinct: int) -> _Guess:
    series = values
    if len(values) > _LOOKED_AT:
        # Evenly spaced, not the first ones: files are often sorted.
        values = values.iloc[np.linspace(0, len(values) - 1, _LOOKED_AT).astype(np.int64)]
    # Each different text is looked at once: a column of categories has few of them.
    codes, different = pd.factorize(values.astype(str))
    times = np.bincount(codes)
    text = pd.Series(different).str.strip()

    def share_of(which: Any) -> float:
        return float(times[np.asarray(which, dtype=bool)].sum() / len(codes))

    share = share_of(~np.isnan(parsed(text)))
    if share == 1 and is_code(list(text)):
        if distinct == present:
            return "identifier", "ignore", "Left out: each row has another number with leading zeros.", ()
        return "category", "feature", "Numbers with leading zeros are names, not amounts.", ()
    if share >= _NUMERIC_SHARE:
        return "numeric", "feature", "" if share == 1 else "Most of its values are numbers.", ()
    if distinct == 2 and {t.casefold() for t in labels(series)[1]} in [set(pair) for pair in YES_NO]:
        return "boolean", "feature", "", ()
    if share_of(text.map(is_date)) > 0.9:
        return (
            "datetime",
            "ignore",
            "Left out: set its use to feature to take year, month, weekday and the like from it.",
            (),
        )
    scale = _scale(labels(series)[1]) if distinct <= 8 else ()
    if scale:
        return "ordered", "feature", "Its words are a scale from low to high.", scale
    if distinct == present and present > 20 and not share_of(text.str.contains(r"\s", regex=True)) > 0.5:
        return "identifier", "ignore", "Left out: each row has another value.", ()
    if distinct == present and _is_id_name(name):
        return "identifier", "ignore", "Left out: each row has another value, and its name says identifier.", ()
    if float((text.str.len() * times).sum() / len(codes)) > 60 or (
        distinct > _MOST_CATEGORIES and distinct > _CATEGORY_SHARE * present
    ):
        return (
            "text",
            "ignore",
            f"Left out: {distinct:,} different texts in {present:,} rows are too many categories.",
            (),
        )
    return "category", "feature", "", ()


def _scale(names: list[str]) -> tuple[str, ...]:
    """The names in the order of a known scale; empty where they are none."""
    small = {name.strip().casefold(): name for name in names}
    for scale in _SCALES:
        if len(small) == len(names) > 2 and set(small) <= set(scale):
            return tuple(small[word] for word in scale if word in small)
    return ()


def _is_classes(series: pd.Series[Any], present: int, distinct: int) -> bool:
    if distinct > _MOST_CLASSES or distinct > present / 2:
        return False
    values = parsed(series)
    return _is_whole(values[~np.isnan(values)])


def _is_whole(values: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _is_id_name(name: str) -> bool:
    return bool(_ID_NAME.search(name.strip()) or _ID_CAMEL.search(name.strip()))
