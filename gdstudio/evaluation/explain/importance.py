"""Permutation importance: how much worse a score gets when one raw column is shuffled.

Source: Breiman (2001), Random Forests, Machine Learning 45, section 10; Fisher, Rudin, Dominici (2019), All Models are
Wrong, but Many are Useful, JMLR 20. Definition and random numbers are those of scikit-learn's
``permutation_importance``, so that both give the same figures for the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.evaluation.entry import ScoreEntry, UndefinedScoreError
from gdstudio.evaluation.explain.predictor import Floats, IsCancelled, Predictor, Progress, some_rows

#: More rows sharpen the figures little and cost in proportion.
SAMPLE_ROWS = 5_000
#: Share of the cases in which the interval holds the mean over all shuffles.
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Importance:
    """What each raw column is worth to a model.

    Attributes:
        columns: ``c`` names, in the order of the inputs.
        score: Key of the score.
        baseline: The score with all columns as they are.
        drops: ``(c, r)``: how much worse the score is in each repeat; negative where shuffling helped.
        rows: Rows that it was measured on.
        of: Rows that there are.
    """

    columns: tuple[str, ...]
    score: str
    baseline: float
    drops: Floats
    rows: int
    of: int

    @property
    def mean(self) -> Floats:
        """``(c,)`` mean drop, scikit-learn's ``importances_mean``."""
        return cast(Floats, self.drops.mean(axis=1))

    @property
    def deviation(self) -> Floats:
        """``(c,)`` deviation of the repeats (divisor r), scikit-learn's ``importances_std``."""
        return cast(Floats, self.drops.std(axis=1))

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """``(c,)`` ends of the 95 % interval of the mean, from the spread of the repeats (Student's t).

        It covers the chance of the shuffles, not that of the rows. With one repeat there is none: NaN.
        """
        from scipy.stats import t  # type: ignore[import-untyped]

        repeats = self.drops.shape[1]
        if repeats < 2:
            unknown = np.full(len(self.columns), np.nan)
            return unknown, unknown
        reach = t.ppf((1 + CONFIDENCE) / 2, repeats - 1) * self.drops.std(axis=1, ddof=1) / np.sqrt(repeats)
        return self.mean - reach, self.mean + reach


def permutation_importance(
    predictor: Predictor,
    frame: pd.DataFrame,
    *,
    score: str,
    repeats: int = 10,
    seed: int = 0,
    most_rows: int = SAMPLE_ROWS,
    progress: Progress = lambda share: None,
    cancelled: IsCancelled = lambda: False,
) -> Importance:
    """Shuffle each raw column in turn and score what the model then says.

    Every column is prepared by itself and row by row, so shuffling its prepared inputs together is shuffling the raw
    column before preparation, at the price of one preparation.

    Args:
        predictor: The model.
        frame: Raw rows with the target, all of which are known.
        score: Key of a score that fits the task.
        repeats: Shuffles of each column.
        seed: Of the shuffles, which are the same for every column.
        most_rows: A larger frame is sampled, the same rows each time.
        progress: Called with the share that is done.
        cancelled: Asked before each shuffle; once true, :class:`Cancelled` is raised.

    Raises:
        StudioError: There are no rows, or the score is not defined on them.
        Cancelled: ``cancelled`` said so.
    """
    preparation = predictor.preparation
    entry = cast(ScoreEntry, registry("scores")[score])
    measure = entry.build(entry.settings(kind=score))
    positive = preparation.classes[-1] if preparation.task == "binary" else None
    some = frame.iloc[some_rows(len(frame), most_rows)]
    if not len(some):
        raise StudioError("There are no rows to measure on.", "Choose another part, or train with a share for it.")
    features = preparation.transform(some)
    target = predictor.target(some[preparation.target])
    sign = 1.0 if entry.higher_is_better else -1.0

    def scored(rows: NDArray[np.float32]) -> float:
        return sign * float(measure(predictor.predictions(rows, target), positive))

    names = preparation.raw_columns
    drops = np.empty((len(names), repeats))
    try:
        baseline = scored(features)
        # scikit-learn draws one seed for all columns; each column then draws its shuffles from it anew.
        column_seed = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
        shuffled = features.copy()
        for place, name in enumerate(names):
            inputs = predictor.inputs_of(name)
            random = np.random.RandomState(column_seed)
            order = np.arange(len(some))
            # Each shuffle goes on from the one before it, and so does the column: scikit-learn's frame is not put back.
            block: NDArray[Any] = features[:, inputs]
            for repeat in range(repeats):
                if cancelled():
                    raise Cancelled
                random.shuffle(order)
                block = block[order]
                shuffled[:, inputs] = block
                drops[place, repeat] = baseline - scored(shuffled)
                progress((place * repeats + repeat + 1) / drops.size)
            shuffled[:, inputs] = features[:, inputs]
    except UndefinedScoreError as error:
        raise StudioError(f"{entry.label} is not defined on these rows: {error.reason}", "Choose another.") from None
    return Importance(names, score, sign * baseline, drops, len(some), len(frame))
