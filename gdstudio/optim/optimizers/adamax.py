"""Adamax: Adam with the largest gradient instead of the mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import (
    COUPLED_DECAY,
    EPSILON,
    ETA,
    GRADIENT,
    LAMBDA,
    THETA,
    beta1_setting,
    beta_setting,
    coupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdamaxSettings(Settings):
    """Step size, memories and decay of Adamax."""

    kind: Literal["adamax"] = "adamax"
    lr: float = lr_setting(0.005)
    beta1: float = beta1_setting()
    beta2: float = beta_setting(0.999, "Beta 2", "Share of the largest gradient so far that is kept at each step.")
    eps: float = eps_setting()
    weight_decay: float = coupled_decay()


def _build(settings: AdamaxSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Adamax

    return Adamax(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        weight_decay=settings.weight_decay,
    )


ENTRY = OptimizerEntry(
    key="adamax",
    label="Adamax",
    settings=AdamaxSettings,
    build=_build,
    help=(
        "Adam that divides by the largest recent gradient instead of the root mean square. Steps are bounded by "
        "the learning rate and need no correction for the first steps; it is calmer where gradients are mostly "
        "small with rare bursts. Try it where Adam's loss shows spikes. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\"
        r" m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \qquad u_t = \max(\beta_2 u_{t-1},\; |g_t| + \epsilon) \\"
        r" \theta_t &= \theta_{t-1} - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m_t}{u_t} \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        GRADIENT,
        ("m_t", "average gradient"),
        ("u_t", "largest recent gradient"),
        (r"\beta_1, \beta_2", "their memories"),
        EPSILON,
        LAMBDA,
    ),
    source="Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 2",
    order=60,
)
