"""L1 and L2 penalties, which are added to the loss."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def penalty(parameters: Iterable[Tensor], l1: float, l2: float, proximal: bool = False) -> Tensor:
    """``l1·Σ|w| + l2·Σw²`` over the weights.

    Source: Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, section 3.4.

    Args:
        parameters: All parameters; only those with two dimensions and more count, which leaves out biases and
            the scales of normalizations.
        l1: Factor of the sum of absolute values.
        l2: Factor of the sum of squares.
        proximal: Whether the absolute values give no gradient, since a step of their own after each step does their
            work.

    Returns:
        A scalar with gradients. A caller with both factors 0 does not call, and then pays nothing.
    """
    weights = torch.cat([p.reshape(-1) for p in parameters if p.ndim >= 2])
    if not l1:
        return l2 * weights.dot(weights)
    absolute = (weights.detach() if proximal else weights).abs().sum()
    if not l2:
        return l1 * absolute
    return l1 * absolute + l2 * weights.dot(weights)
