"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import (
    DECOUPLED_DECAY,
    EPSILON,
    ETA,
    GRADIENT,
    LAMBDA,
    THETA,
    beta1_setting,
    beta2_setting,
    decoupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdamwSettings(Settings):
    """Step size, memories and decay of AdamW."""

    kind: Literal["adamw"] = "adamw"
    lr: float = lr_setting(0.002)
    beta1: float = beta1_setting()
    beta2: float = beta2_setting()
    eps: float = eps_setting()
    weight_decay: float = decoupled_decay()
    amsgrad: bool = setting(
        False,
        label="AMSGrad",
        help="Divides by the largest average squared gradient so far, so that steps can only shrink.",
        advanced=True,
    )


def _build(settings: AdamwSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import AdamW

    return AdamW(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        amsgrad=settings.amsgrad,
        fused=True,
    )


ENTRY = OptimizerEntry(
    key="adamw",
    label="AdamW",
    settings=AdamwSettings,
    build=_build,
    help=(
        "Adam whose weight decay works as intended: weights shrink at the same relative pace whatever their "
        "gradients. Choose it over Adam when you want weight decay; without decay the two are the same. Try decay "
        "between 0.01 and 0.1. " + DECOUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) \\"
        r" m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\"
        r" \theta_t &= (1 - \eta \lambda) \theta_{t-1}"
        r" - \eta \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon} \end{aligned}"
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
    source="Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2",
    order=30,
)
