"""NAdam: Adam with Nesterov's look ahead."""

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


class NadamSettings(Settings):
    """Step size, memories and decay of NAdam."""

    kind: Literal["nadam"] = "nadam"
    lr: float = lr_setting(0.002)
    beta1: float = beta1_setting()
    beta2: float = beta2_setting()
    eps: float = eps_setting()
    weight_decay: float = coupled_decay()
    momentum_decay: float = setting(
        0.004,
        label="Momentum decay",
        help="How fast the momentum rises from half of beta 1 to all of it; 0 keeps it at half.",
        ge=0,
        log=True,
        advanced=True,
    )
    decoupled: bool = setting(
        False,
        label="Decoupled decay",
        help="Shrinks the parameters directly, as AdamW does, instead of adding to the gradient.",
        advanced=True,
    )


def _build(settings: NadamSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import NAdam

    return NAdam(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        momentum_decay=settings.momentum_decay,
        decoupled_weight_decay=settings.decoupled,
    )


ENTRY = OptimizerEntry(
    key="nadam",
    label="NAdam",
    settings=NadamSettings,
    build=_build,
    help=(
        "Adam with Nesterov momentum: the step uses the gradient where momentum is about to lead. Often a little "
        "faster than Adam at the same learning rate; compare the two with the same seed. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \qquad \mu_t = \beta_1 (1 -"
        r" \frac{1}{2} 0.96^{t \psi}) \\"
        r" m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\"
        r" \hat{m}_t &= \frac{\mu_{t+1} m_t}{1 - \prod_{i=1}^{t+1} \mu_i} + \frac{(1 - \mu_t) g_t}{1 -"
        r" \prod_{i=1}^{t} \mu_i} \\"
        r" \theta_t &= \theta_{t-1} - \eta \frac{\hat{m}_t}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon} \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        GRADIENT,
        ("m_t", "average gradient"),
        ("v_t", "average squared gradient"),
        (r"\beta_1, \beta_2", "their memories"),
        (r"\psi", "momentum decay"),
        EPSILON,
        LAMBDA,
    ),
    source="Dozat (2016), Incorporating Nesterov Momentum into Adam",
    order=62,
)
