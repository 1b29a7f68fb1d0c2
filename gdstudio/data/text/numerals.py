"""Numbers as people write them, made numbers: marks between thousands, decimal commas, currencies, percent signs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from gdstudio.data.values import factorized

#: Words that stand for a missing number, but are categories of their own among words.
WEAK_WORDS = ("-", "--", "---", ".", "..", "...", "…", "–", "—", "none", "missing", "Missing", "unknown", "Unknown",
              "*", "x", "X", "NIL", "nil", "null", "Null", "n.a.", "N.A.", "n.d.", "k.A.",
              "#REF!", "#NAME?", "#NUM!")  # fmt: skip

_CURRENCY = "€$£¥₹₽₩"
_CODES = r"(?:EUR|USD|GBP|CHF|JPY|kr|zł|Kč)"
_AROUND = re.compile(
    rf"^\s*([-+−]?)\s*(?:[{_CURRENCY}]|{_CODES}\s)?\s*([-+−]?)"
    r"([\d.,'’ \u00a0\u202f]*\d[\d.,]*(?:[eE][-+]?\d+)?)"
    rf"(-?)\s*(?:%|‰|[{_CURRENCY}]|{_CODES})?\s*$"
)
_BRACKETS = re.compile(rf"^\s*([{_CURRENCY}]?)\s?\((.*)\)\s*$")
_GROUPED = {mark: re.compile(rf"^[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+$") for mark in ",.'’ \u00a0\u202f"}
#: In India the marks stand at thousands, hundred thousands (lakh) and ten millions (crore).
_GROUPED[","] = re.compile(r"^(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})$")
_LEADING_ZERO = re.compile(r"^0\d+$")
_LOOKED_AT = 1000
#: Longer texts are no numbers; looking for one in them takes time that grows with the square of their length.
_LONGEST = 400


def to_numbers(series: pd.Series[Any], decimal: str, thousands: str | None) -> tuple[pd.Series[Any], str] | None:
    """A column of text as numbers, or None where it is not one of numbers.

    Args:
        series: ``(n,)`` text.
        decimal: The file's decimal mark.
        thousands: The mark between thousands; ``""`` for none; None finds one.

    Returns:
        The numbers, and what was taken from them as the end of a sentence (empty where nothing was).
    """
    # A look at some values spares most columns of words the search for missing ones.
    first = series.iloc[np.linspace(0, max(len(series) - 1, 0), min(len(series), 50)).astype(np.int64)].dropna()
    if any(not any(letter.isdigit() for letter in str(v)) and str(v).strip() not in WEAK_WORDS for v in first):
        return None
    present = series.dropna()
    if not len(present):
        return None
    sample = present.iloc[np.linspace(0, len(present) - 1, min(len(present), _LOOKED_AT)).astype(np.int64)]
    if any(len(str(value)) > _LONGEST for value in sample):
        return None
    likely = [_AROUND.match(_inner(str(v))[1]) is not None or str(v).strip() in WEAK_WORDS for v in sample]
    if sum(likely) < len(likely):
        return None
    found, codes = _distinct(present)
    if all(_LEADING_ZERO.match(text.strip()) for text in found):
        return None
    if any(len(text) > _LONGEST for text in found):
        return None
    weak = [text.strip() in WEAK_WORDS for text in found]
    matches = [None if w else _AROUND.match(_inner(text)[1]) for text, w in zip(found, weak, strict=True)]
    if any(m is None and not w for m, w in zip(matches, weak, strict=True)) or all(weak):
        return None
    bodies = [m.group(3).strip() for m in matches if m]
    marks = _marks(bodies, decimal, thousands)
    if marks is None:
        return None
    point, group = marks
    values = []
    for text, match in zip(found, matches, strict=True):
        if match is None:
            values.append(np.nan)
            continue
        body = match.group(3).strip()
        if group:
            body = body.replace(group, "")
        if point != ".":
            body = body.replace(point, ".")
        signs = match.group(1) + match.group(2) + match.group(4)
        negative = _inner(text)[0] or "-" in signs or "−" in signs
        try:
            values.append(-float(body) if negative else float(body))
        except ValueError:
            return None
    numbers = np.full(len(series), np.nan)
    numbers[series.notna().to_numpy()] = np.array(values)[codes]
    result = pd.Series(numbers, index=series.index, name=series.name)
    whole = not np.isnan(numbers).any() and all("." not in b.replace(group or " ", "") or point == "," for b in bodies)
    if (
        whole
        and (numbers == np.floor(numbers)).all()
        and np.abs(numbers).max() < 2**53
        and point not in "".join(bodies)
    ):
        result = result.astype(np.int64)
    return result, _said(found, weak, point != decimal and point, group)


def is_code(cells: list[str]) -> bool:
    """Whether cells are digits that are no amounts: some with a leading zero, all of one length."""
    digits = [cell for cell in cells if cell]
    return (
        len(digits) > 1
        and all(cell.isdigit() and cell.isascii() for cell in digits)
        and any(_LEADING_ZERO.match(cell) for cell in digits)
        and len({len(cell) for cell in digits}) == 1
    )


def _distinct(present: pd.Series[Any]) -> tuple[list[str], Any]:
    codes, values = factorized(present)
    return [str(value) for value in values], codes


def _inner(text: str) -> tuple[bool, str]:
    """Whether a number is in brackets, which accountants write for a minus, and what is in them."""
    match = _BRACKETS.match(text)
    return (True, match.group(1) + match.group(2)) if match else (False, text)


def _marks(bodies: list[str], decimal: str, thousands: str | None) -> tuple[str, str] | None:
    """The decimal mark and the mark between thousands under which all numbers read; None where there are none."""
    other = "," if decimal == "." else "."
    groups = [""] if thousands == "" else [thousands] if thousands else ["", other, " ", "\u00a0", "\u202f", "'", "’"]
    for point, group in [(decimal, g) for g in groups] + ([(other, ""), (other, decimal)] if thousands is None else []):
        if all(_reads(body, point, group) for body in bodies):
            return point, group
    return None


def _reads(body: str, point: str, group: str) -> bool:
    mantissa = re.split("[eE]", body)[0]
    whole, _, rest = mantissa.partition(point)
    if rest and not rest.isdigit():
        return False
    if group and group in whole:
        return _GROUPED[group].match(whole) is not None
    return whole.isdigit() or (not whole and bool(rest))


def _said(found: list[str], weak: list[bool], point: str | bool, group: str) -> str:
    parts = []
    texts = [text for text, w in zip(found, weak, strict=True) if not w]
    if any(text.rstrip().endswith("%") for text in texts):
        parts.append("percent signs are dropped (12% is 12)")
    if any(mark in text for text in texts for mark in _CURRENCY) or any(re.search(_CODES, text) for text in texts):
        parts.append("currency signs are dropped")
    if group:
        parts.append(f"{group!r} stands between thousands")
    if point:
        parts.append(f"{point!r} is the decimal mark")
    words = [text.strip() for text, w in zip(found, weak, strict=True) if w]
    if words:
        parts.append(f"{', '.join(map(repr, words[:3]))} stands for a missing number")
    return ", ".join(parts)
