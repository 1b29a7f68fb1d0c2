from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.values import (
    UnreadableError,
    check_range,
    format_number,
    in_range,
    parse_integer,
    parse_number,
    range_text,
    stepped,
)


def field(**values: object) -> FieldDescription:
    base: dict[str, object] = {"name": "x", "kind": "number", "label": "X", "help": "", "default": 0.1}
    return FieldDescription(**(base | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01", 0.01), ("1e-2", 0.01), ("0,01", 0.01), (" 5 ", 5.0), (".5", 0.5), ("-3", -3.0), ("−3", -3.0),
        ("1E5", 1e5), ("+2", 2.0), ("10 000", 10_000.0), ("0,001", 0.001), ("1,5", 1.5), ("1234,567", 1234.567),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "nan", "inf", "1_000", "1e999", "0x10", "1,2,3", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_number(text)


def test_a_thousand_or_one_is_refused_with_both_readings() -> None:
    with pytest.raises(UnreadableError, match=r"1000 or as 1\.000"):
        parse_number("1,000")


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "0.001"), (1e-5, "1e-05"), (30.0, "30"), (0.1, "0.1"), (3, "3"), (1e-10, "1e-10")]
)
def test_numbers_are_written_without_trailing_zeros(value: float, text: str) -> None:
    assert format_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_is_written_reads_back_to_the_same_bits(value: float) -> None:
    assert parse_number(format_number(value)) == value


def test_whole_numbers_are_asked_for() -> None:
    assert parse_integer("1e3") == 1000
    with pytest.raises(UnreadableError, match="whole"):
        parse_integer("1.5")


def test_open_and_closed_bounds() -> None:
    share = field(minimum=0.0, maximum=1.0, maximum_open=True)
    assert in_range(share, 0.0)
    assert not in_range(share, 1.0)
    assert range_text(share) == "at least 0 and less than 1"
    with pytest.raises(UnreadableError, match="X must be at least 0 and less than 1"):
        check_range(share, 1.0)


def test_logarithmic_steps_go_1_3_10() -> None:
    rate = field(log=True, minimum=0.0, minimum_open=True)
    seen = [0.001]
    for _ in range(4):
        seen.append(stepped(rate, seen[-1], 1))
    assert seen == [0.001, 0.003, 0.01, 0.03, 0.1]
    assert stepped(rate, 0.001, -1) == 0.0003
    assert stepped(rate, 0.002, 1) == 0.003
    assert stepped(rate, 0.002, -1) == 0.001
    assert stepped(rate, 0.001, 2) == 0.01


def test_steps_from_and_to_zero() -> None:
    penalty = field(log=True, minimum=0.0)
    assert stepped(penalty, 0.0, 1) == 1e-4
    assert stepped(penalty, 1e-8, -1) == 0.0
    assert stepped(penalty, 0.0, -1) == 0.0
    above_zero = field(log=True, minimum=0.0, minimum_open=True)
    assert stepped(above_zero, 1e-8, -1) == 1e-8


def test_steps_stay_inside_the_bounds() -> None:
    share = field(minimum=0.0, maximum=1.0)
    assert stepped(share, 0.98, 1) == 1.0
    assert stepped(share, 0.02, -1) == 0.0
    assert stepped(field(minimum=0.0, maximum=1.0, maximum_open=True), 0.96, 1) == 0.96
    count = field(kind="integer", minimum=1, maximum=10, default=3)
    assert stepped(count, 3, 20) == 10


@given(st.floats(1e-7, 1e6), st.integers(1, 5))
def test_logarithmic_steps_up_and_down_move_in_their_direction(value: float, steps: int) -> None:
    rate = field(log=True)
    assert stepped(rate, value, steps) > value > stepped(rate, value, -steps)
    assert math.isfinite(stepped(rate, value, steps))
