"""Adam: adaptive moments."""

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
    beta1_setting,
    beta2_setting,
    coupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdamSettings(Settings):
    """Step size, memories and decay of Adam."""

    kind: Literal["adam"] = "adam"
    lr: float = lr_setting(0.002)
    beta1: float = beta1_setting()
    beta2: float = beta2_setting()
    eps: float = eps_setting()
    weight_decay: float = coupled_decay()
    amsgrad: bool = setting(
        False,
        label="AMSGrad",
        help="Divides by the largest average squared gradient so far, so that steps can only shrink.",
        advanced=True,
    )


def _build(settings: AdamSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Adam

    return Adam(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        amsgrad=settings.amsgrad,
        fused=True,
    )


ENTRY = OptimizerEntry(
    key="adam",
    label="Adam",
    settings=AdamSettings,
    build=_build,
    help=(
        "Gives every parameter a step size of its own: the average gradient divided by its usual size, so that each "
        "moves by about the learning rate whatever its scale. The usual first choice for networks; it works over a "
        "wide range of settings. Try 0.001, and 0.01 for a linear model. " + COUPLED_DECAY + " Since Adam divides by "
        "the gradient's size, decay then hardly reaches parameters with large gradients: AdamW mends that."
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\"
        r" m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\"
        r" \theta_t &= \theta_{t-1} - \eta \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}"
        r" \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        GRADIENT,
        ("m_t", "average gradient"),
        ("v_t", "average squared gradient"),
        (r"\beta_1, \beta_2", "their memories"),
        EPSILON,
        LAMBDA,
    ),
    source="Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1",
    order=20,
)
