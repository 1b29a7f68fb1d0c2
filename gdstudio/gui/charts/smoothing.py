"""Exponential moving averages that cost what was added."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from gdstudio.gui.charts.pyramid import Array, Pyramid

_WEIGHTS = (("None", 0.0), ("Light", 0.6), ("Medium", 0.9), ("Strong", 0.98))


class Smoother:
    """The exponential moving average of a curve: ``s_t = w s_{t-1} + (1 - w) y_t``, ``s_0 = y_0``.

    Gaps stay gaps and do not change the mean.

    Attributes:
        points: The smoothed curve.
    """

    def __init__(self) -> None:
        self.points = Pyramid()
        self._weight = 0.0

    def set(self, source: Pyramid, weight: float, *, grew: bool) -> None:
        """Take the curve as it is now.

        Args:
            source: The curve.
            weight: Share of the mean so far in the next one, 0 … below 1.
            grew: Whether ``source`` only grew since the last call.
        """
        import pandas as pd

        done = self.points.y if grew and weight == self._weight else np.empty(0)
        self._weight = weight
        known = np.flatnonzero(np.isfinite(done))
        carried: Array = done[known[-1:]]
        new = source.y[len(done) :]
        # The mean so far stands in front of what was added: with adjust=False that continues it exactly.
        series = pd.Series(np.concatenate((carried, new)))
        means = series.ewm(alpha=1.0 - weight, adjust=False, ignore_na=True).mean().to_numpy()[len(carried) :]
        means = np.where(np.isfinite(new), means, np.nan)
        self.points.set(source.x, np.concatenate((done, means)))


def add_choice(menu: QMenu, weight: float, choose: Callable[[float], None]) -> None:
    """Add a menu of weights, with the one that holds ticked; ``choose`` hears of another."""
    smoothing = menu.addMenu("Smoothing")
    group = QActionGroup(menu)
    for text, value in _WEIGHTS:
        action = smoothing.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == weight)
        action.setData(value)
        group.addAction(action)
    group.triggered.connect(lambda action: choose(action.data()))
