"""Bounds on gradients before a step and on weights after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_


def clipping(parameters: Iterable[Tensor], norm: float, value: float) -> Callable[[], None] | None:
    """What bounds the gradients in place, by norm first; None where both bounds are 0, so that it costs nothing.

    Source: Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1.

    Args:
        parameters: Whose ``grad`` is bounded.
        norm: Largest Euclidean norm of all gradients together; 0 is no bound.
        value: Largest absolute value of each; 0 is no bound.
    """
    if not norm and not value:
        return None
    bounded = list(parameters)

    def clip() -> None:
        if norm:
            clip_grad_norm_(bounded, norm)
        if value:
            clip_grad_value_(bounded, value)

    return clip


def max_norm(parameters: Iterable[Tensor], limit: float) -> Callable[[], None] | None:
    """What scales down the weights that lead into a unit where they are longer than ``limit``; None where it is 0.

    Source: Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from Overfitting, section 5.1.

    Args:
        parameters: Those with two dimensions and more are bounded, row by row; biases and scales are not.
        limit: Largest Euclidean norm of a row.
    """
    if not limit:
        return None
    weights = [p.detach() for p in parameters if p.ndim >= 2]

    def project() -> None:
        for weight in weights:
            weight.renorm_(2, 0, limit)

    return project
