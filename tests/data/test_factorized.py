"""Columns as categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gdstudio.data import values
from gdstudio.data.values import factorized


@pytest.mark.parametrize("distinct", [3, 5_000])
def test_portions_give_what_the_whole_does(distinct: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_PORTION", 997)
    draw = np.random.default_rng(distinct)
    words = [f"word {i}" for i in range(distinct)]
    series = pd.Series(draw.choice([*words, None], 10_000), dtype="str")
    codes, found = factorized(series)
    expected, names = pd.factorize(series)
    assert codes.dtype == np.intp
    np.testing.assert_array_equal(codes, expected)
    assert found == list(names)
    assert (codes == -1).any()
