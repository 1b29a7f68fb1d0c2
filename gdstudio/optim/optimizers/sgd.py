"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import COUPLED_DECAY, ETA, GRADIENT, LAMBDA, THETA, coupled_decay, lr_setting

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class SgdSettings(Settings):
    """Step size, memory and decay of SGD."""

    kind: Literal["sgd"] = "sgd"
    lr: float = lr_setting(0.05)
    momentum: float = setting(
        0.0,
        label="Momentum",
        help="Share of the last step's direction that is kept: 0.9 lets steps in one direction add up to ten times "
        "their size, and cancels swings. 0 is plain gradient descent.",
        ge=0,
        lt=1,
    )
    nesterov: bool = setting(
        False,
        label="Nesterov",
        help="Looks ahead: uses the gradient where momentum is about to lead. Needs momentum, and no dampening.",
    )
    dampening: float = setting(
        0.0,
        label="Dampening",
        help="Share of each new gradient that is kept out of the momentum.",
        ge=0,
        le=1,
        advanced=True,
    )
    weight_decay: float = coupled_decay()

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("asks for Nesterov without momentum: set momentum above 0 or switch Nesterov off")
        if self.nesterov and self.dampening != 0:
            raise ValueError("asks for Nesterov with dampening: set dampening to 0 or switch Nesterov off")
        return self


def _build(settings: SgdSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import SGD

    return SGD(
        parameters,
        lr=settings.lr,
        momentum=settings.momentum,
        dampening=settings.dampening,
        weight_decay=settings.weight_decay,
        nesterov=settings.nesterov,
        fused=True,
    )


ENTRY = OptimizerEntry(
    key="sgd",
    label="SGD",
    settings=SgdSettings,
    build=_build,
    help=(
        "Gradient descent as it stands in every textbook: a step against the gradient, the same learning rate for "
        "every parameter. With momentum it rolls through flat stretches and swings less across narrow valleys. "
        "Needs scaled columns and a well chosen learning rate; try 0.1, then 0.03 or 0.3. "
        + COUPLED_DECAY
        + " For plain SGD without momentum, weight decay λ on a weight does what an L2 penalty of λ/2 does."
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\"
        r" v_t &= \mu v_{t-1} + (1 - \tau) g_t \\"
        r" \theta_t &= \theta_{t-1} - \eta v_t \qquad \text{(Nesterov: } \theta_{t-1} - \eta (g_t + \mu v_t) \text{)}"
        r" \end{aligned}"
    ),
    symbols=(ETA, THETA, GRADIENT, ("v_t", "velocity"), (r"\mu", "momentum"), (r"\tau", "dampening"), LAMBDA),
    source="Sutskever et al. (2013), On the importance of initialization and momentum in deep learning",
    order=10,
)
