"""Frames from formats whose values have types of their own, brought to the few types that the rest knows."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

#: How sentences and frames write what is no number.
_PLAIN = (str, bytes, bool, int, float, np.generic, decimal.Decimal)


def unique_names(raw: Iterable[Any]) -> tuple[list[str], list[str]]:
    """Column names that differ from one another, and what was done to make them so, as sentences."""
    from gdstudio.data.text.dialect import name_columns

    cells = ["" if name is None else str(name) for name in raw]
    _, names, notes = name_columns([cells], len(cells))
    return list(names), notes


def tidy(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A frame with columns of bool, int64, float64, datetime64 or str only, and the notes on renamed columns."""
    names, notes = unique_names(frame.columns)
    columns = {name: tidy_column(frame.iloc[:, index]) for index, name in enumerate(names)}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)), columns=names), notes


def tidy_column(values: pd.Series[Any] | Sequence[Any]) -> pd.Series[Any]:
    """One column of one of the few types; text where its values are of several kinds."""
    series: pd.Series[Any] = pd.Series(values).reset_index(drop=True)
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        series = series.astype(object)
    elif pd.api.types.is_bool_dtype(kind):
        return series.astype(bool) if not series.isna().any() else _text(series.astype(object))
    elif pd.api.types.is_complex_dtype(kind):
        return _text(series.astype(object))
    elif pd.api.types.is_integer_dtype(kind):
        if series.isna().any():
            return pd.Series(series.to_numpy(dtype=np.float64, na_value=np.nan))
        return series.astype("int64" if not len(series) or int(series.max()) < 2**63 else "float64")
    elif pd.api.types.is_float_dtype(kind):
        return pd.Series(series.to_numpy(dtype=np.float64, na_value=np.nan))
    elif pd.api.types.is_datetime64_any_dtype(kind) or isinstance(kind, pd.StringDtype):
        return series
    return _objects(series.astype(object))


def _objects(series: pd.Series[Any]) -> pd.Series[Any]:
    present = series[series.notna()]
    kinds = {type(value) for value in present}
    if not kinds:
        return pd.Series(np.full(len(series), np.nan))
    if kinds == {bool} and len(present) == len(series):
        return series.astype(bool)
    if all(issubclass(k, int | float | np.number | decimal.Decimal) and k is not bool for k in kinds):
        whole = all(issubclass(k, int | np.integer) for k in kinds)
        if whole and len(present) == len(series) and all(-(2**63) <= int(v) < 2**63 for v in present):
            return series.astype(np.int64)
        return pd.Series(pd.to_numeric(series.map(float, na_action="ignore")).to_numpy(dtype=np.float64))
    if all(issubclass(k, datetime.datetime | pd.Timestamp) for k in kinds):
        try:
            return pd.to_datetime(series, utc=any(v.tzinfo is not None for v in present))
        except (ValueError, OverflowError):
            return _text(series)
    return _text(series)


def _text(series: pd.Series[Any]) -> pd.Series[Any]:
    return series.map(text_of, na_action="ignore").astype("str")


def text_of(value: Any) -> str:
    """One value as a person would write it: whole numbers without ``.0``, dates in ISO form, lists as JSON."""
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, datetime.datetime | pd.Timestamp):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, _PLAIN):
        return str(value)
    if isinstance(value, dict | list | tuple | np.ndarray):
        plain = value.tolist() if isinstance(value, np.ndarray) else value
        return json.dumps(plain, ensure_ascii=False, default=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
