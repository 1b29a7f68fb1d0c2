"""Mean absolute error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry

if TYPE_CHECKING:
    from torch import Tensor


class MaeSettings(Settings):
    """Mean absolute error has no settings."""

    kind: Literal["mae"] = "mae"


def _build(settings: MaeSettings) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import l1_loss

    return lambda outputs, target: l1_loss(outputs[:, 0], target)


ENTRY = LossEntry(
    key="mae",
    label="Mean absolute error",
    settings=MaeSettings,
    build=_build,
    tasks=("regression",),
    outputs=lambda task, classes: 1,
    help=(
        "For a number. The mean of the distances between prediction and target: an error of 10 weighs as much as ten "
        "errors of 1, so wild values pull less than with squared error, and the model learns the median. Its slope "
        "does not shrink near the goal, so the last stretch needs a small learning rate: try a schedule."
    ),
    formula=r"L = \frac{1}{n}\sum_{i=1}^{n} \left| z_i - y_i \right|",
    source="Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, section 10.6",
    order=40,
)
