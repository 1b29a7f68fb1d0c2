"""Which rows train, which judge the run, and which are kept back to the end."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import SplitSpec

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """The rows of each part, ascending; no row is in two parts.

    Attributes:
        train, validation, test: ``(n,)`` int64 rows; validation and test may be empty.
        notes: What was done otherwise than asked, as sentences.
    """

    train: Rows
    validation: Rows
    test: Rows
    notes: tuple[str, ...] = ()


def split_rows(spec: SplitSpec, rows: Rows, classes: NDArray[np.int64] | None = None) -> Split:
    """Draw the three parts.

    Args:
        spec: Shares and seed. A part's size is its share of the rows, rounded.
        rows: ``(n,)`` rows to draw from.
        classes: ``(n,)`` class numbers of those rows; each class then has the same share in every part, as far as
            whole rows allow. None draws without regard to classes.

    Raises:
        StudioError: There are too few rows for the shares.
    """
    from sklearn.model_selection import train_test_split

    n = len(rows)
    test, validation = _count(spec.test, n), _count(spec.validation, n)
    if n - test - validation < 2:
        raise StudioError(
            f"{n:,} usable {'row is' if n == 1 else 'rows are'} too few: {validation} would go to validation and "
            f"{test} to test, which leaves {max(n - test - validation, 0)} to train on.",
            "Use a table with more rows, or make the validation and test shares smaller.",
        )
    notes: tuple[str, ...] = ()
    if classes is not None and spec.stratify and (test or validation):
        reason = _why_not_stratified(classes, n, test, validation)
        if reason:
            notes = (f"The split does not keep the classes' shares equal: {reason}",)
            classes = None
    else:
        classes = None
    random = np.random.RandomState(stream_seed(spec.seed, "split") % 2**32)
    positions = np.arange(n)

    def cut(positions: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if not size:
            return positions, positions[:0]
        kept = classes[positions] if classes is not None else None
        one, other = train_test_split(positions, test_size=size, random_state=random, stratify=kept)
        return one, other

    rest, test_positions = cut(positions, test)
    train_positions, validation_positions = cut(rest, validation)
    train, held, last = (
        np.sort(rows[p]).astype(np.int64) for p in (train_positions, validation_positions, test_positions)
    )
    return Split(train, held, last, notes)


def fold_rows(
    rows: Rows, folds: int, seed: int, classes: NDArray[np.int64] | None = None, validation: float = 0.0
) -> list[Split]:
    """Deal the rows into folds: each is the test part once, the others train.

    The folds are scikit-learn's: StratifiedKFold for classes, KFold otherwise, both with ``shuffle=True`` and
    ``random_state=seed``. Source: Stone (1974), Cross-validatory choice and assessment of statistical predictions;
    Kohavi (1995), A study of cross-validation and bootstrap, for equal shares of the classes.

    Args:
        rows: ``(n,)`` rows to deal.
        folds: At least 2.
        seed: Another one deals other folds.
        classes: ``(n,)`` class numbers of those rows; None deals without regard to classes.
        validation: Share of the rows that would train which is kept back to judge the run while it trains.

    Raises:
        StudioError: There are fewer rows than folds, or too few to train on.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    n = len(rows)
    if n < folds or n - -(-n // folds) < 2:
        raise StudioError(
            f"{n:,} usable {'row is' if n == 1 else 'rows are'} too few for {folds} folds.", "Take fewer folds."
        )
    notes: tuple[str, ...] = ()
    if classes is not None:
        counts = np.bincount(classes)
        fewest = int(counts[counts > 0].min())
        if fewest < folds:
            few = f"a class has only {fewest} {'row' if fewest == 1 else 'rows'}"
            notes = (f"Not every fold has every class: {few} for {folds} folds.",)
        if counts.max() < folds:
            classes = None
    kind = KFold if classes is None else StratifiedKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same is said by the notes
        dealt = list(kind(folds, shuffle=True, random_state=seed).split(rows, classes))
    found = []
    for train, test in dealt:
        inner = SplitSpec(validation=validation, test=0.0, seed=seed)
        one = split_rows(inner, rows[train], None if classes is None else classes[train])
        found.append(Split(one.train, one.validation, np.sort(rows[test]), (*notes, *one.notes)))
    return found


def _count(share: float, n: int) -> int:
    """Rows of a part: at least one where a share was asked for."""
    return max(1, round(share * n)) if share > 0 else 0


def _why_not_stratified(classes: NDArray[np.int64], n: int, test: int, validation: int) -> str:
    """Why classes cannot have equal shares, as the end of a sentence; empty where they can."""
    counts = np.bincount(classes)
    present = int((counts > 0).sum())
    parts = 1 + bool(test) + bool(validation)
    fewest = int(counts[counts > 0].min())
    if fewest < parts:
        return f"a class has only {fewest} {'row' if fewest == 1 else 'rows'} for {parts} parts."
    if min(x for x in (n - test - validation, test, validation) if x) < present:
        return f"a part has fewer rows than there are classes ({present})."
    return ""
