"""Averaged SGD, as torch has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import COUPLED_DECAY, ETA, GRADIENT, LAMBDA, THETA, coupled_decay, lr_setting

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AsgdSettings(Settings):
    """Step size and its decay in ASGD."""

    kind: Literal["asgd"] = "asgd"
    lr: float = lr_setting(0.01, "A rate that is changed during the run is used one step later than with others.")
    lambd: float = setting(
        1e-4,
        label="Decay term",
        help="Shrinks the parameters a little at each step and sets how fast the rate falls.",
        ge=0,
        log=True,
    )
    alpha: float = setting(
        0.75, label="Power", help="How fast the rate falls with the number of steps; 0 keeps it.", ge=0, le=1
    )
    t0: float = setting(
        1e6,
        label="Average from",
        unit="steps",
        help="The step from which PyTorch averages the parameters on the side.",
        ge=0,
        log=True,
        advanced=True,
    )
    weight_decay: float = coupled_decay()


def _build(settings: AsgdSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import ASGD

    return ASGD(
        parameters,
        lr=settings.lr,
        lambd=settings.lambd,
        alpha=settings.alpha,
        t0=settings.t0,
        weight_decay=settings.weight_decay,
    )


ENTRY = OptimizerEntry(
    key="asgd",
    label="ASGD",
    settings=AsgdSettings,
    build=_build,
    help=(
        "SGD whose rate falls slowly with the number of steps. PyTorch also averages the parameters on the side, "
        "from the step that you name on; that average is not what predicts here, the last parameters are. So it "
        "shows what a falling rate does; for results, take SGD with momentum and a schedule. " + COUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \qquad \eta_t = \frac{\eta}{(1"
        r" + \lambda_d \eta t)^{\alpha}} \\"
        r" \theta_t &= (1 - \lambda_d \eta_{t-1}) \theta_{t-1} - \eta_{t-1} g_t \end{aligned}"
    ),
    symbols=(ETA, THETA, GRADIENT, (r"\lambda_d", "decay term"), (r"\alpha", "power"), LAMBDA),
    source="Polyak and Juditsky (1992), Acceleration of Stochastic Approximation by Averaging; Bottou (2010)",
    order=72,
)
