"""Between the text in a field and the value of a setting: reading, writing, ranges, steps. Knows no Qt."""

from __future__ import annotations

import math
import re

from gdstudio.core.fields import FieldDescription

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
#: "1,000" is a thousand to some and one to others.
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
#: Where a step up from zero leads on a field whose steps multiply.
_FIRST_LOG_STEP = 1e-4
_LAST_LOG_STEP = 1e-8


class UnreadableError(ValueError):
    """A text that is not a value of the field; its message is a sentence for the person."""


def format_number(value: float | int) -> str:
    """The shortest text that reads back to the same number: ``0.001``, ``1e-05``, ``30``."""
    if isinstance(value, int):
        return str(value)
    text = repr(float(value))
    return text.removesuffix(".0")


def parse_number(text: str) -> float:
    """A number as people write it: ``0.01``, ``1e-2``, ``0,01``.

    Raises:
        UnreadableError: It is none, or it could be two different ones.
    """
    said = text.strip()
    plain = said.replace("\u2212", "-").replace(" ", "").replace("\u202f", "").replace("\u00a0", "")
    if _AMBIGUOUS.fullmatch(plain):
        without, point = plain.replace(",", ""), plain.replace(",", ".")
        raise UnreadableError(f"“{said}” can be read as {without} or as {point}: write one of these.")
    if "." not in plain and plain.count(",") == 1:
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise UnreadableError("This is not a number." if said else "A number is needed here.")
    value = float(plain)
    if not math.isfinite(value):
        raise UnreadableError("This number is too large.")
    return value


def parse_integer(text: str) -> int:
    """A whole number; ``1e3`` is one.

    Raises:
        UnreadableError: It is none.
    """
    value = parse_number(text)
    if not value.is_integer():
        raise UnreadableError("A whole number is needed here.")
    return int(value)


def range_text(field: FieldDescription) -> str:
    """The allowed range in words, e.g. ``"greater than 0 and at most 1"``; empty where there is none."""
    low, high = field.minimum, field.maximum
    if low is not None and high is not None and not field.minimum_open and not field.maximum_open:
        return f"from {format_number(low)} to {format_number(high)}"
    parts = []
    if low is not None:
        parts.append(f"{'greater than' if field.minimum_open else 'at least'} {format_number(low)}")
    if high is not None:
        parts.append(f"{'less than' if field.maximum_open else 'at most'} {format_number(high)}")
    return " and ".join(parts)


def in_range(field: FieldDescription, value: float) -> bool:
    """Whether the field's bounds allow the value."""
    low, high = field.minimum, field.maximum
    if low is not None and (value < low or (field.minimum_open and value == low)):
        return False
    return high is None or (value < high or (not field.maximum_open and value == high))


def check_range(field: FieldDescription, value: float) -> None:
    """Raise UnreadableError with the allowed range where the bounds do not allow the value."""
    if not in_range(field, value):
        raise UnreadableError(f"{field.label} must be {range_text(field)}.")


def stepped(field: FieldDescription, value: float, steps: int) -> float:
    """The value ``steps`` notches up or down, inside the bounds.

    A field whose scale is logarithmic goes 1, 3, 10, 30, …; others add a share of their range.
    """
    for _ in range(abs(steps)):
        nearby = _log_notch(value, steps > 0) if field.log and value >= 0 else _plain_notch(field, value, steps > 0)
        if not in_range(field, nearby):
            low, high = field.minimum, field.maximum
            end = high if steps > 0 else low
            open_ = field.maximum_open if steps > 0 else field.minimum_open
            if end is None or open_:
                break
            nearby = end
        value = nearby
    return value


def _log_notch(value: float, up: bool) -> float:
    """The next of …, 0.1, 0.3, 1, 3, … above or below; 0 lies below the smallest."""
    if value <= 0:
        return _FIRST_LOG_STEP if up else 0.0
    exponent = math.floor(math.log10(value) + 1e-12)
    # Read from text: 3 * 10**-4 is 0.00030000000000000003.
    ladder = [float(f"{digit}e{exponent + shift}") for shift in (-1, 0, 1) for digit in (1, 3)]
    if up:
        return next(rung for rung in ladder if rung > value * (1 + 1e-9))
    below = next(rung for rung in reversed(ladder) if rung < value * (1 - 1e-9))
    return below if below >= _LAST_LOG_STEP else 0.0


def _plain_notch(field: FieldDescription, value: float, up: bool) -> float:
    step = plain_step(field)
    moved = value + (step if up else -step)
    if field.kind == "integer":
        return moved
    digits = max(0, -math.floor(math.log10(step)))
    # Off the grid (0.999 in steps of 0.05) the digits are the person's: keep them.
    return round(moved, max(digits, len(format_number(value).partition(".")[2])))


def plain_step(field: FieldDescription) -> float:
    """What one notch adds: about a twentieth of the range, as 1, 2 or 5 times a power of ten."""
    if field.kind == "integer":
        return 1.0
    if field.minimum is not None and field.maximum is not None:
        rough = (field.maximum - field.minimum) / 20
    else:
        rough = abs(float(field.default or 0)) / 10
    if rough <= 0:
        return 0.1
    exponent = math.floor(math.log10(rough))
    for digit in (1, 2, 5, 10):
        if digit * 10.0**exponent >= rough * (1 - 1e-9):
            return float(f"{digit}e{exponent}")
    return rough
