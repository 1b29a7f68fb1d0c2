"""Names at axes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gdstudio.gui.charts.names import shortened


def test_ends_are_cut_where_names_stay_different() -> None:
    assert shortened(["a long name", "another name", "short"], 8) == ["a long …", "another…", "short"]


def test_names_that_would_read_alike_lose_their_beginning() -> None:
    offices = [f"Regional office no. {n}" for n in (1, 11, 12, 21)]
    assert shortened(offices, 14) == ["Reg…1", "Reg…11", "Reg…12", "Reg…21"]
    sensors = [f"measurement_{n:03d} of the left side" for n in (7, 12)]
    assert shortened(sensors, 14) == ["mea…007 of th…", "mea…012 of th…"]


def test_equal_names_stay_equal() -> None:
    assert shortened(["the same name"] * 2, 8) == ["the sam…"] * 2


@given(st.lists(st.text(max_size=40), max_size=8), st.integers(8, 30))
def test_no_name_is_too_long(names: list[str], longest: int) -> None:
    assert all(len(text) <= longest for text in shortened(names, longest))
