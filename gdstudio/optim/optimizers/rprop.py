"""Resilient backpropagation: only the signs of gradients count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import GRADIENT, THETA, lr_setting

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class RpropSettings(Settings):
    """First step, growth and bounds of Rprop."""

    kind: Literal["rprop"] = "rprop"
    lr: float = lr_setting(
        0.01, "Here only the first step's; changing it later, by a schedule or by hand, has no effect."
    )
    eta_minus: float = setting(
        0.5, label="Shrink", help="What a step is multiplied with when its gradient changed sign.", gt=0, lt=1
    )
    eta_plus: float = setting(
        1.2, label="Grow", help="What a step is multiplied with when its gradient kept its sign.", gt=1, le=10
    )
    step_min: float = setting(
        1e-6, label="Smallest step", help="No step gets smaller than this.", gt=0, log=True, advanced=True
    )
    step_max: float = setting(
        50.0, label="Largest step", help="No step gets larger than this.", gt=0, log=True, advanced=True
    )

    @model_validator(mode="after")
    def _check_steps(self) -> Self:
        if self.step_min > self.step_max:
            raise ValueError("has a smallest step above its largest step: make step_min smaller than step_max")
        return self


def _build(settings: RpropSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Rprop

    return Rprop(
        parameters,
        lr=settings.lr,
        etas=(settings.eta_minus, settings.eta_plus),
        step_sizes=(settings.step_min, settings.step_max),
    )


ENTRY = OptimizerEntry(
    key="rprop",
    label="Rprop",
    settings=RpropSettings,
    build=_build,
    help=(
        "Looks only at the sign of each gradient: a step grows while the sign stays and shrinks when it flips. "
        "Fast and with nothing to tune when every step sees all rows, so set the batch size to 0. With mini- "
        "batches the signs are noise and it does badly: RMSprop was invented to mend that. It has no weight "
        "decay; use the L2 penalty of the regularization section, which is part of the loss."
    ),
    formula=(
        r"\begin{aligned} \Delta_t &= \begin{cases} \min(\eta^{+} \Delta_{t-1},\; \Delta_{\max}) & g_t g_{t-1} > 0 \\"
        r" \max(\eta^{-} \Delta_{t-1},\; \Delta_{\min}) & g_t g_{t-1} < 0 \\ \Delta_{t-1} & g_t g_{t-1} = 0"
        r" \end{cases} \\"
        r" \theta_t &= \theta_{t-1} - \Delta_t \operatorname{sign}(g_t) \quad \text{(none after a change of"
        r" sign)} \end{aligned}"
    ),
    symbols=(
        THETA,
        GRADIENT,
        (r"\Delta_t", "step, at first the learning rate"),
        (r"\eta^{+}, \eta^{-}", "grow and shrink"),
    ),
    source=(
        "Riedmiller and Braun (1993), A direct adaptive method for faster backpropagation learning: the RPROP algorithm"
    ),
    order=70,
)
