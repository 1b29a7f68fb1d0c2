"""Intervals that laboratories state."""

from __future__ import annotations

import math

#: Quantile of the normal distribution for 95 %.
_Z = 1.959963984540054


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    Source: Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference, JASA 22.

    Args:
        successes: How many succeeded.
        trials: Of how many, at least 1.
    """
    share = successes / trials
    spread = _Z * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    middle, scale = share + _Z**2 / (2 * trials), 1 + _Z**2 / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
