"""Huber's loss: squared near the target, absolute far from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry

if TYPE_CHECKING:
    from torch import Tensor


class HuberSettings(Settings):
    """Where the loss changes from squared to absolute."""

    kind: Literal["huber"] = "huber"
    delta: float = setting(
        1.0,
        label="Delta",
        help="Errors up to this count squared, larger ones count by their distance. In the unit that the model is "
        "trained in: standard deviations of the target where the target is scaled.",
        gt=0,
        log=True,
    )


def _build(settings: HuberSettings) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import huber_loss

    delta = settings.delta
    return lambda outputs, target: huber_loss(outputs[:, 0], target, delta=delta)


ENTRY = LossEntry(
    key="huber",
    label="Huber",
    settings=HuberSettings,
    build=_build,
    tasks=("regression",),
    outputs=lambda task, classes: 1,
    help=(
        "For a number. Squared error for small errors, absolute error for large ones: smooth near the goal, and wild "
        "values pull no harder than others. Use it where the target has outliers; a smaller delta makes it more like "
        "mean absolute error, a larger one more like half the squared error."
    ),
    formula=(
        r"L = \frac{1}{n}\sum_{i=1}^{n} \begin{cases} \frac{1}{2} (z_i - y_i)^2 & |z_i - y_i| \leq \delta"
        r" \\ \delta \left( |z_i - y_i| - \frac{\delta}{2} \right) & |z_i - y_i| > \delta \end{cases}"
    ),
    source="Huber (1964), Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35",
    order=50,
)
