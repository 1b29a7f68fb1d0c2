"""Adafactor: Adam's scaling in little memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import DECOUPLED_DECAY, ETA, LAMBDA, THETA, decoupled_decay, lr_setting

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class AdafactorSettings(Settings):
    """Step size, memory and decay of Adafactor."""

    kind: Literal["adafactor"] = "adafactor"
    lr: float = lr_setting(0.01, "Multiplied with the root mean square of the parameter.")
    beta2_decay: float = setting(
        -0.8,
        label="Memory decay",
        help="The average squared gradient keeps 1 − step to this power: the longer the run, the longer its memory.",
        le=0,
        ge=-10,
        advanced=True,
    )
    eps: float = setting(
        1e-3,
        label="Smallest scale",
        help="Stands in for the root mean square of a parameter that is smaller, so that zeros can move.",
        gt=0,
        log=True,
        advanced=True,
    )
    clipping: float = setting(
        1.0,
        label="Clipping",
        help="Largest root mean square of an update before the rate.",
        ge=1,
        log=True,
        advanced=True,
    )
    weight_decay: float = decoupled_decay(0.0)


def _build(settings: AdafactorSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import Adafactor

    return Adafactor(
        parameters,
        lr=settings.lr,
        beta2_decay=settings.beta2_decay,
        eps=(None, settings.eps),
        d=settings.clipping,
        weight_decay=settings.weight_decay,
    )


ENTRY = OptimizerEntry(
    key="adafactor",
    label="Adafactor",
    settings=AdafactorSettings,
    build=_build,
    help=(
        "Scales gradients as Adam does, but remembers only the mean of each row and each column of a matrix, and "
        "steps are relative to the size of the parameter. Made for models that hardly fit into memory; on small "
        "networks it saves nothing, and shows how little Adam's full memory matters. " + DECOUPLED_DECAY
    ),
    formula=(
        r"\begin{aligned} R_t &= \beta_t R_{t-1} + (1 - \beta_t) \overline{(G_t^2)}_{rows} \\"
        r" C_t &= \beta_t C_{t-1} + (1 - \beta_t) \overline{(G_t^2)}_{columns} \qquad \beta_t = 1 - t^{\gamma} \\"
        r" V_t &= \frac{R_t C_t}{\overline{R_t}} \qquad U_t = \frac{G_t}{\sqrt{V_t}} \\"
        r" \rho_t &= \min(\eta, \frac{1}{\sqrt{t}}) \max(\epsilon, RMS(\theta_{t-1})) \\"
        r" \theta_t &= (1 - \eta \lambda) \theta_{t-1} - \rho_t \frac{U_t}{\max(1, RMS(U_t) / d)} \end{aligned}"
    ),
    symbols=(
        ETA,
        THETA,
        ("G_t", "gradient of a matrix"),
        ("R_t, C_t", "average squares of rows and columns"),
        (r"\gamma", "memory decay"),
        (r"\rho_t", "rate relative to the parameter's size"),
        ("d", "clipping"),
        (r"\epsilon", "smallest scale"),
        LAMBDA,
    ),
    source=(
        "Shazeer and Stern (2018), Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, algorithms 4 and 5"
    ),
    order=74,
)
