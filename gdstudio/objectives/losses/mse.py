"""Mean squared error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry

if TYPE_CHECKING:
    from torch import Tensor


class MseSettings(Settings):
    """Mean squared error has no settings."""

    kind: Literal["mse"] = "mse"


def _build(settings: MseSettings) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import mse_loss

    return lambda outputs, target: mse_loss(outputs[:, 0], target)


def _each(settings: MseSettings) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda outputs, target: (outputs.squeeze(2) - target).square()


ENTRY = LossEntry(
    key="mse",
    label="Mean squared error",
    settings=MseSettings,
    build=_build,
    each=_each,
    tasks=("regression",),
    default_for=("regression",),
    outputs=lambda task, classes: 1,
    help=(
        "For a number. The mean of the squared distances between prediction and target, so that one error of 10 "
        "weighs as much as a hundred errors of 1. The usual choice; the model learns the mean of what can be expected. "
        "With a few wild values in the target, try Huber or mean absolute error."
    ),
    formula=r"L = \frac{1}{n}\sum_{i=1}^{n} (z_i - y_i)^2",
    source="Bishop (2006), Pattern Recognition and Machine Learning, section 3.1.1",
    order=30,
)
