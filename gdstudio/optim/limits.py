"""Bounds on gradients before a step; what is done to weights after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn.functional import softshrink
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


def soft_threshold(optimizer: torch.optim.Optimizer, l1: float) -> Callable[[], None] | None:
    """What moves every weight by learning rate × ``l1`` towards zero, and no farther; None where ``l1`` is 0.

    With plain gradient steps this is ISTA, which minimizes loss + ``l1``·Σ|w| and reaches exact zeros; with optimizers
    that scale each weight's step the threshold is still that of the learning rate.

    Source: Beck, Teboulle (2009), A Fast Iterative Shrinkage-Thresholding Algorithm, equation 1.4.

    Args:
        optimizer: Its parameters with two dimensions and more are moved; its learning rate is read at each call.
        l1: Factor of the penalty.
    """
    if not l1:
        return None
    groups = [(group, [p.detach() for p in group["params"] if p.ndim >= 2]) for group in optimizer.param_groups]

    def shrink() -> None:
        for group, weights in groups:
            threshold = float(group["lr"]) * l1
            for weight in weights:
                weight.copy_(softshrink(weight, threshold))

    return shrink


def after_step(
    optimizer: torch.optim.Optimizer, parameters: Iterable[Tensor], l1: float, limit: float
) -> Callable[[], None] | None:
    """Everything that is done to weights after a step, in its order; None where that is nothing.

    Args:
        optimizer: That takes the steps.
        parameters: Of the model.
        l1: Factor of :func:`soft_threshold`.
        limit: Of :func:`max_norm`.
    """
    shrink, project = soft_threshold(optimizer, l1), max_norm(parameters, limit)
    if shrink is None or project is None:
        return shrink or project

    def both() -> None:
        shrink()
        project()

    return both
