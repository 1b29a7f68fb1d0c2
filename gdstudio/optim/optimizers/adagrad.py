"""AdaGrad: each parameter's rate falls with the sum of its squared gradients."""

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
    coupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdagradSettings(Settings):
    """Step size and decays of AdaGrad."""

    kind: Literal["adagrad"] = "adagrad"
    lr: float = lr_setting(0.05, "AdaGrad's steps shrink by themselves, so it bears a larger one than others.")
    lr_decay: float = setting(
        0.0,
        label="Rate decay",
        help="Divides the learning rate by 1 + this × the number of steps taken.",
        ge=0,
        log=True,
        advanced=True,
    )
    weight_decay: float = coupled_decay()
    initial_accumulator: float = setting(
        0.0,
        label="Initial sum",
        help="What the sum of squared gradients starts from; above 0 the first steps are smaller.",
        ge=0,
        log=True,
        advanced=True,
    )
    eps: float = eps_setting(1e-10)


def _build(settings: AdagradSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Adagrad

    return Adagrad(
        parameters,
        lr=settings.lr,
        lr_decay=settings.lr_decay,
        weight_decay=settings.weight_decay,
        initial_accumulator_value=settings.initial_accumulator,
        eps=settings.eps,
        fused=True,
    )


ENTRY = OptimizerEntry(
    key="adagrad",
    label="AdaGrad",
    settings=AdagradSettings,
    build=_build,
    help=(
        "Divides each parameter's step by the root of the sum of all its squared gradients. Columns that are rarely "
        "not zero, such as rare categories, get larger steps than common ones. The sum only grows, so learning slows "
        "down by itself and can stop too early in a long run: then try RMSprop or Adam. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\"
        r" s_t &= s_{t-1} + g_t^2 \\"
        r" \theta_t &= \theta_{t-1} - \frac{\eta}{1 + (t - 1) \rho} \cdot \frac{g_t}{\sqrt{s_t} + \epsilon}"
        r" \end{aligned}"
    ),
    symbols=(ETA, THETA, GRADIENT, ("s_t", "sum of squared gradients"), (r"\rho", "rate decay"), EPSILON, LAMBDA),
    source="Duchi, Hazan, Singer (2011), Adaptive Subgradient Methods, JMLR 12",
    order=40,
)
