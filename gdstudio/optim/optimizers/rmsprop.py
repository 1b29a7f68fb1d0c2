"""RMSprop: gradients divided by their recent root mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import (
    COUPLED_DECAY,
    EPSILON,
    ETA,
    GRADIENT,
    LAMBDA,
    THETA,
    beta_setting,
    coupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class RmspropSettings(Settings):
    """Step size, memories and decay of RMSprop."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = lr_setting(0.002)
    alpha: float = beta_setting(
        0.99,
        "Alpha",
        "Share of the average squared gradient that is kept at each step; 0.99 remembers about 100 steps.",
    )
    momentum: float = setting(
        0.0, label="Momentum", help="Share of the last step's direction that is kept.", ge=0, lt=1
    )
    centered: bool = setting(
        False,
        label="Centred",
        help="Divides by the deviation of the gradient instead of its root mean square.",
        advanced=True,
    )
    eps: float = eps_setting()
    weight_decay: float = coupled_decay()


def _build(settings: RmspropSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import RMSprop

    return RMSprop(
        parameters,
        lr=settings.lr,
        alpha=settings.alpha,
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        momentum=settings.momentum,
        centered=settings.centered,
    )


ENTRY = OptimizerEntry(
    key="rmsprop",
    label="RMSprop",
    settings=RmspropSettings,
    build=_build,
    help=(
        "AdaGrad that forgets: divides each gradient by its root mean square over the recent steps, so that learning "
        "does not slow down by itself. Adam is this with an averaged gradient and a correction for the first steps. "
        + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\"
        r" v_t &= \alpha v_{t-1} + (1 - \alpha) g_t^2 \\"
        r" b_t &= \mu b_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon} \\"
        r" \theta_t &= \theta_{t-1} - \eta b_t \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        GRADIENT,
        ("v_t", "average squared gradient"),
        (r"\alpha", "its memory"),
        ("b_t", "velocity"),
        (r"\mu", "momentum"),
        EPSILON,
        LAMBDA,
    ),
    source="Tieleman and Hinton (2012), Neural Networks for Machine Learning, lecture 6e",
    order=50,
)
