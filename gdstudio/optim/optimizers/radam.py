"""RAdam: Adam with a warm-up that follows from its own variance."""

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


class RadamSettings(Settings):
    """Step size, memories and decay of RAdam."""

    kind: Literal["radam"] = "radam"
    lr: float = lr_setting(0.003)
    beta1: float = beta1_setting()
    beta2: float = beta2_setting()
    eps: float = eps_setting()
    weight_decay: float = coupled_decay()
    decoupled: bool = setting(
        False,
        label="Decoupled decay",
        help="Shrinks the parameters directly, as AdamW does, instead of adding to the gradient.",
        advanced=True,
    )


def _build(settings: RadamSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import RAdam

    return RAdam(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        decoupled_weight_decay=settings.decoupled,
    )


ENTRY = OptimizerEntry(
    key="radam",
    label="RAdam",
    settings=RadamSettings,
    build=_build,
    help=(
        "Adam that does not trust its average squared gradient until it has seen enough: the first five steps or "
        "so are plain momentum, then the adaptive part is let in by and by. It replaces a warm-up; try it where "
        "Adam's first steps go wrong. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} \rho_t &= \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \qquad \rho_\infty ="
        r" \frac{2}{1 - \beta_2} - 1 \\"
        r" r_t &= \sqrt{\frac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}} \\"
        r" \theta_t &= \theta_{t-1} - \eta \frac{m_t}{1 - \beta_1^t} \cdot"
        r" \begin{cases} r_t \frac{\sqrt{1 - \beta_2^t}}{\sqrt{v_t} + \epsilon} & \rho_t > 5 \\ 1 & \rho_t"
        r" \leq 5 \end{cases} \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        ("m_t", "average gradient"),
        ("v_t", "average squared gradient"),
        (r"\beta_1, \beta_2", "their memories"),
        (r"\rho_t", "number of steps that the average rests on"),
        ("r_t", "trust in it"),
        EPSILON,
    ),
    source="Liu et al. (2020), On the Variance of the Adaptive Learning Rate and Beyond, algorithm 2",
    order=64,
)
