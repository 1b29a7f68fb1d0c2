"""Muon: momentum made orthogonal, for matrices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import (
    DECOUPLED_DECAY,
    ETA,
    LAMBDA,
    beta1_setting,
    beta2_setting,
    decoupled_decay,
    lr_setting,
)

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class MuonSettings(Settings):
    """Step size, momentum and decay of Muon, and of AdamW for the rest."""

    kind: Literal["muon"] = "muon"
    lr: float = lr_setting(0.005, "Steps of matrices are scaled so that a rate that suits AdamW suits them too.")
    momentum: float = setting(
        0.95, label="Momentum", help="Share of the last step's direction that is kept, for the matrices.", ge=0, lt=1
    )
    nesterov: bool = setting(
        True, label="Nesterov", help="Looks ahead: uses the gradient where momentum is about to lead. Needs momentum."
    )
    newton_steps: int = setting(
        5,
        label="Newton–Schulz steps",
        help="How often the step is drawn nearer to an orthogonal matrix; 5 is enough.",
        ge=1,
        le=20,
        advanced=True,
    )
    beta1: float = beta1_setting()
    beta2: float = beta2_setting()
    weight_decay: float = decoupled_decay(0.1)

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("asks for Nesterov without momentum: set momentum above 0 or switch Nesterov off")
        return self


def _build(settings: MuonSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from gdstudio.optim.muon_adamw import MuonWithAdamW

    return MuonWithAdamW(
        parameters,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        newton_steps=settings.newton_steps,
        betas=(settings.beta1, settings.beta2),
        weight_decay=settings.weight_decay,
    )


ENTRY = OptimizerEntry(
    key="muon",
    label="Muon",
    settings=MuonSettings,
    build=_build,
    help=(
        "Takes each weight matrix as a whole: its momentum is replaced by the nearest orthogonal matrix, so that "
        "every direction of the layer moves equally far. Biases and scales are trained by AdamW with the same "
        "rate. Recent, and strong on wide layers; on tiny ones the gain is small and a step costs more. "
        + DECOUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} B_t &= \mu B_{t-1} + (1 - \mu) G_t \\"
        r" O_t &= \text{orthogonal}\left( (1 - \mu) G_t + \mu B_t \right) \\"
        r" W_t &= (1 - \eta \lambda) W_{t-1} - 0.2 \, \eta \sqrt{\max(n, m)} \, O_t \end{aligned}"
    ),
    symbols=(
        ETA,
        ("W_t", "weights of a layer, n by m"),
        ("G_t", "their gradient"),
        ("B_t", "average gradient"),
        (r"\mu", "momentum"),
        ("O_t", "the nearest orthogonal matrix, by Newton–Schulz steps"),
        LAMBDA,
    ),
    source=(
        "Jordan et al. (2024), Muon: An optimizer for hidden layers in neural networks; Liu et al. (2025),"
        " Muon is Scalable for LLM Training"
    ),
    order=76,
)
