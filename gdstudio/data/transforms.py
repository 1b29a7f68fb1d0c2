"""Prepared columns beyond plain scaling and one column a category: dates, transformed numbers, rare levels, means."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.registry import Frozen
from gdstudio.data.values import labels, numbers

Floats = NDArray[np.float64]

#: Stands for every category that has no column of its own.
OTHER = "(other)"
DATE_PARTS = ("year", "month", "day", "weekday", "hour", "minute")
_NAMES_IN_PANDAS = {"weekday": "day_of_week"}


class TransformedColumn(Frozen):
    """Number: clipped to ``low … high``, then its signed logarithm, then ``(x - center) / scale``.

    A missing value is ``fill``, in the column's own unit; ``indicator`` adds a column that is 1 where it was missing.
    """

    kind: Literal["transformed"] = "transformed"
    name: str
    fill: float
    low: float | None = None
    high: float | None = None
    log: bool = False
    center: float = 0.0
    scale: float = 1.0
    indicator: bool = False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return (self.name, f"{self.name} = missing") if self.indicator else (self.name,)

    def unscaled(self, values: Floats) -> Floats:
        """``(n,)`` values filled, clipped and transformed, not yet scaled."""
        return transformed(np.where(np.isnan(values), self.fill, values), self.low, self.high, self.log)

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, 1)`` or, with an indicator, ``(n, 2)``."""
        values = numbers(series, self.name)
        block = (self.unscaled(values) - self.center) / self.scale
        return np.stack([block, np.isnan(values)], axis=1) if self.indicator else block[:, None]

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that training could not know: none, among numbers."""
        return 0


def transformed(values: Floats, low: float | None, high: float | None, log: bool) -> Floats:
    """``(n,)`` values clipped, and as ``sign(x) log(1 + |x|)``, which also takes zeros and negative numbers."""
    if low is not None or high is not None:
        values = np.clip(values, low, high)
    return cast(Floats, np.sign(values) * np.log1p(np.abs(values))) if log else values


def mark(places: NDArray[np.int64], out: NDArray[np.floating[Any]]) -> None:
    """Put the ones of ``(n,)`` places into zeros ``(n, k)``; a place below 0 is none."""
    rows = np.flatnonzero(places >= 0)
    out[rows, places[rows]] = 1.0


class CappedColumn(Frozen):
    """Category: one column of 0 and 1 for the commonest, and one for all others, unseen ones among them."""

    kind: Literal["capped"] = "capped"
    name: str
    categories: tuple[str, ...]
    known: tuple[str, ...]
    fill: str

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return tuple(f"{self.name} = {category}" for category in (*self.categories, OTHER))

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, k + 1)``."""
        out = np.zeros((len(series), len(self.categories) + 1))
        mark(self.places(series), out)
        return out

    def places(self, series: pd.Series[Any]) -> NDArray[np.int64]:
        """``(n,)`` places of the ones."""
        last = len(self.categories)
        fill = self.categories.index(self.fill) if self.fill in self.categories else last
        return np.where(series.isna().to_numpy(), fill, places_of(series, self.categories, last))

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that training never saw."""
        return int((places_of(series, self.known, -2)[series.notna().to_numpy()] == -2).sum())


class TargetMeanColumn(Frozen):
    """Category: the smoothed mean of the target among its training rows, one column a class where there are several.

    Attributes:
        categories: ``k`` names.
        means: ``k`` rows of one mean for each column.
        overall: The mean over all training rows, for an unseen category.
        missing: The mean over the training rows where the category is missing; the overall one where none is.
        suffixes: What a column's name ends in where there are several.
    """

    kind: Literal["target_mean"] = "target_mean"
    name: str
    categories: tuple[str, ...]
    means: tuple[tuple[float, ...], ...]
    overall: tuple[float, ...]
    missing: tuple[float, ...]
    suffixes: tuple[str, ...] = ()
    centers: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return tuple(f"{self.name} → {suffix}" for suffix in self.suffixes)

    def scaled(self, means: Floats) -> Floats:
        """Means ``(n, c)`` on the scale of the other features."""
        return cast(Floats, (means - np.array(self.centers)) / np.array(self.scales))

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, c)``."""
        table = np.array([*self.means, self.overall, self.missing])
        places = places_of(series, self.categories, len(self.categories))
        return self.scaled(table[np.where(series.isna().to_numpy(), len(table) - 1, places)])

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that are none of the categories."""
        return int((places_of(series, self.categories, -2)[series.notna().to_numpy()] == -2).sum())


class DateColumn(Frozen):
    """Date and time: those of its parts that vary, each ``(x - center) / scale``; a missing date has ``fills``.

    Attributes:
        parts: Of ``year``, ``month`` (1-12), ``day`` (1-31), ``weekday`` (Monday is 0), ``hour``, ``minute``.
        day_first: Whether 03/04 is the third of April.
    """

    kind: Literal["date"] = "date"
    name: str
    parts: tuple[str, ...]
    fills: tuple[float, ...]
    centers: tuple[float, ...]
    scales: tuple[float, ...]
    day_first: bool = False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared columns."""
        return tuple(f"{self.name}: {part}" for part in self.parts)

    def encode(self, series: pd.Series[Any]) -> Floats:
        """``(n,)`` values as ``(n, p)``."""
        block = date_parts(series, self.parts, self.day_first)
        block = np.where(np.isnan(block), np.array(self.fills), block)
        return cast(Floats, (block - np.array(self.centers)) / np.array(self.scales))

    def unseen(self, series: pd.Series[Any]) -> int:
        """Number of values that are no date."""
        found = date_parts(series, ("year",), self.day_first)[:, 0]
        return int((np.isnan(found) & series.notna().to_numpy()).sum())


def date_parts(series: pd.Series[Any], parts: tuple[str, ...], day_first: bool) -> Floats:
    """Parts of dates ``(n, p)``, NaN where a value is missing or no date; offsets from UTC are left out."""
    if not pd.api.types.is_datetime64_any_dtype(series):
        text = series.astype("str").where(series.notna(), None)
        # A date that begins with the year goes on with the month, whatever the others do: pandas would turn it round.
        by_year = text.str.match(r"\s*\d{4}\D", na=False)
        forms = [(text.where(~by_year, None), day_first), (text.where(by_year, None), False)]
        plain, other = (
            pd.to_datetime(some, format="mixed", dayfirst=first, errors="coerce", utc=True) for some, first in forms
        )
        stamps = plain.fillna(other)
    else:
        stamps = series
    columns = [
        getattr(stamps.dt, _NAMES_IN_PANDAS.get(part, part)).to_numpy(dtype=np.float64, na_value=np.nan)
        for part in parts
    ]
    return np.stack(columns, axis=1)


def is_day_first(series: pd.Series[Any]) -> bool:
    """Whether dates in text begin with the day: a first number above 12, or points between; else the month may."""
    if pd.api.types.is_datetime64_any_dtype(series):
        return False
    split = series.dropna().astype("str").str.extract(r"^\s*(\d{1,2})([./-])(\d{1,2})[./-]\d")
    first, second = (pd.to_numeric(split[i], errors="coerce") for i in (0, 2))
    if (first > 12).any():
        return True
    return not (second > 12).any() and bool((split[1] == ".").any())


def places_of(series: pd.Series[Any], categories: tuple[str, ...], otherwise: int) -> NDArray[np.int64]:
    """``(n,)`` places in ``categories``; ``otherwise`` for anything else, missing values among it."""
    codes, found = labels(series)
    place = {name: index for index, name in enumerate(categories)}
    return np.array([*(place.get(name, otherwise) for name in found), otherwise], dtype=np.int64)[codes]
