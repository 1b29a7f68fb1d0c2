"""Adadelta: steps in the unit of the parameters."""

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
    beta_setting,
    coupled_decay,
    eps_setting,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdadeltaSettings(Settings):
    """Step size, memory and decay of Adadelta."""

    kind: Literal["adadelta"] = "adadelta"
    lr: float = lr_setting(1.0, "Adadelta finds its own step size; 1 leaves it as it is.")
    rho: float = beta_setting(
        0.9, "Rho", "Share of both averages that is kept at each step; 0.9 remembers about 10 steps."
    )
    eps: float = eps_setting(1e-6)
    weight_decay: float = coupled_decay()


def _build(settings: AdadeltaSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Adadelta

    return Adadelta(parameters, lr=settings.lr, rho=settings.rho, eps=settings.eps, weight_decay=settings.weight_decay)


ENTRY = OptimizerEntry(
    key="adadelta",
    label="Adadelta",
    settings=AdadeltaSettings,
    build=_build,
    help=(
        "Scales each step by the size of the last steps over the size of the last gradients, so that no learning "
        "rate is needed. It begins very slowly, since the first steps have no size to go by: epsilon decides how "
        "slowly. Adam is usually faster; try this where you do not want to choose a rate. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \qquad v_t = \rho v_{t-1} + (1"
        r" - \rho) g_t^2 \\"
        r" \Delta_t &= \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}} \, g_t \qquad u_t = \rho"
        r" u_{t-1} + (1 - \rho) \Delta_t^2 \\"
        r" \theta_t &= \theta_{t-1} - \eta \Delta_t \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        GRADIENT,
        ("v_t", "average squared gradient"),
        ("u_t", "average squared step"),
        (r"\rho", "their memory"),
        EPSILON,
        LAMBDA,
    ),
    source="Zeiler (2012), ADADELTA: An Adaptive Learning Rate Method",
    order=66,
)
