from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import SplitSpec
from gdstudio.data.split import split_rows


@given(
    n=st.integers(2, 300),
    validation=st.sampled_from([0.0, 0.01, 0.2, 0.45]),
    test=st.sampled_from([0.0, 0.02, 0.2, 0.5]),
    classes=st.integers(0, 12),
    seed=st.integers(0, 5),
)
def test_each_row_is_in_exactly_one_part_or_the_split_is_refused(
    n: int, validation: float, test: float, classes: int, seed: int
) -> None:
    rows = np.arange(n, dtype=np.int64) * 3 + 1
    numbers = np.random.RandomState(seed).randint(classes, size=n) if classes else None
    spec = SplitSpec(validation=validation, test=test, seed=seed)
    try:
        split = split_rows(spec, rows, numbers)
    except StudioError as error:
        assert n < 10 or n * (1 - validation - test) < 3
        assert "too few" in error.message  # noqa: PT017 - a refusal is one of two right answers
        return
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts)) == rows.tolist()
    for part in parts:
        assert (np.diff(part) > 0).all()
        assert part.dtype == np.int64
    assert len(split.train) >= 2
    for part, share in ((split.validation, validation), (split.test, test)):
        assert (len(part) > 0) == (share > 0)
        assert abs(len(part) - share * n) <= max(0.5, 1 - share * n)


def test_stratified_parts_keep_each_classes_share_to_one_row() -> None:
    classes = np.repeat([0, 1, 2], [700, 200, 100])
    split = split_rows(SplitSpec(), np.arange(1000), classes)
    for part in (split.train, split.validation, split.test):
        shares = np.bincount(classes[part], minlength=3) / len(part)
        assert np.abs(shares - [0.7, 0.2, 0.1]).max() <= 1 / len(part)


def test_without_stratification_shares_wander() -> None:
    classes = np.repeat([0, 1], [900, 100])
    counts = {
        int(classes[split_rows(SplitSpec(stratify=False, seed=s), np.arange(1000), classes).test].sum())
        for s in range(10)
    }
    assert len(counts) > 3


def test_the_seed_decides_the_rows() -> None:
    rows = np.arange(100)
    one, same, other = (split_rows(SplitSpec(seed=s), rows) for s in (1, 1, 2))
    assert np.array_equal(one.test, same.test)
    assert not np.array_equal(one.test, other.test)
    # Pinned: another draw on another machine or version would be other numbers for the same spec.
    assert one.test[:6].tolist() == [1, 10, 11, 15, 20, 34]


def test_a_part_too_small_for_its_classes_is_drawn_plainly_and_said() -> None:
    classes = np.arange(40) % 10
    split = split_rows(SplitSpec(validation=0.1, test=0.1), np.arange(40), classes)
    assert (len(split.validation), len(split.test)) == (4, 4)
    assert split.notes == (
        "The split does not keep the classes' shares equal: a part has fewer rows than there are classes (10).",
    )


def test_no_shares_leave_every_row_to_training() -> None:
    split = split_rows(SplitSpec(validation=0, test=0), np.arange(5), np.arange(5) % 2)
    assert split.train.tolist() == [0, 1, 2, 3, 4]
    assert split.notes == ()


def test_two_rows_cannot_be_split() -> None:
    with pytest.raises(StudioError, match="2 usable rows are too few"):
        split_rows(SplitSpec(), np.arange(2))
