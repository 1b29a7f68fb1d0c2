"""Limited-memory BFGS: a quasi-Newton method."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.settings import THETA, lr_setting

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


class LbfgsSettings(Settings):
    """Iterations, memory and line search of L-BFGS."""

    kind: Literal["lbfgs"] = "lbfgs"
    lr: float = lr_setting(1.0, "With the line search 1 is right; without it, try less.")
    max_iterations: int = setting(
        20, label="Iterations a step", help="Inner iterations that one training step takes at most.", ge=1, le=1000
    )
    history: int = setting(
        10, label="Memory", unit="updates", help="Past updates that the curvature is estimated from.", ge=1, le=1000
    )
    line_search: Literal["strong_wolfe", "none"] = setting(
        "strong_wolfe",
        label="Line search",
        help="Finds a good step length along the direction at the cost of more evaluations of the loss.",
        labels={"strong_wolfe": "Strong Wolfe", "none": "None"},
    )
    tolerance_gradient: float = setting(
        1e-7,
        label="Gradient tolerance",
        help="A step ends when no gradient is larger than this.",
        ge=0,
        log=True,
        advanced=True,
    )
    tolerance_change: float = setting(
        1e-9,
        label="Change tolerance",
        help="A step ends when loss or parameters change by less than this.",
        ge=0,
        log=True,
        advanced=True,
    )


def _build(settings: LbfgsSettings, parameters: Iterable[Parameter]) -> Optimizer:
    from torch.optim import LBFGS

    return LBFGS(
        parameters,
        lr=settings.lr,
        max_iter=settings.max_iterations,
        history_size=settings.history,
        line_search_fn=None if settings.line_search == "none" else settings.line_search,
        tolerance_grad=settings.tolerance_gradient,
        tolerance_change=settings.tolerance_change,
    )


ENTRY = OptimizerEntry(
    key="lbfgs",
    label="L-BFGS",
    settings=LbfgsSettings,
    build=_build,
    help=(
        "Estimates the curvature of the loss from its last steps and goes for the bottom of the valley directly. "
        "On smooth problems with all rows in every step, such as logistic regression, it needs tens of steps "
        "where SGD needs thousands. Each step evaluates the loss many times. It takes mini-batch noise for "
        "curvature, so set the batch size to 0, and no dropout. It has no weight decay; use the L2 penalty of the "
        "regularization section, which is part of the loss."
    ),
    formula=(
        r"\begin{aligned} \theta_t &= \theta_{t-1} - \eta_t H_t \nabla L(\theta_{t-1}) \\"
        r" H_t &\approx \left( \nabla^2 L \right)^{-1} \quad \text{from the last } s_i, y_i \\"
        r" s_i &= \theta_i - \theta_{i-1} \qquad y_i = \nabla L(\theta_i) - \nabla L(\theta_{i-1}) \end{aligned}"
    ),
    symbols=(
        (r"\eta_t", "step length from the line search"),
        THETA,
        ("H_t", "estimated inverse curvature"),
        ("s_i, y_i", "last steps and changes of the gradient"),
    ),
    source="Nocedal and Wright (2006), Numerical Optimization, algorithm 7.5",
    needs_closure=True,
    order=80,
)
