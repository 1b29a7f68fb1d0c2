"""The hinge loss of support-vector machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry
from gdstudio.objectives.probabilities import one_or_each

if TYPE_CHECKING:
    from torch import Tensor


class HingeSettings(Settings):
    """How far on the right side a row must be, and how a miss counts."""

    kind: Literal["hinge"] = "hinge"
    margin: float = setting(
        1.0,
        label="Margin",
        help="How far on the right side of the boundary a row must be to cost nothing.",
        gt=0,
        log=True,
    )
    squared: bool = setting(
        False, label="Squared", help="Squares each miss: smoother near the margin, harsher far behind it."
    )


def _build(settings: HingeSettings, class_weights: Tensor | None = None) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import multi_margin_loss

    margin, power = settings.margin, 2 if settings.squared else 1

    def hinge(outputs: Tensor, target: Tensor) -> Tensor:
        if outputs.shape[1] > 1:
            if class_weights is None:
                return multi_margin_loss(outputs, target, p=power, margin=margin)
            total = multi_margin_loss(outputs, target, power, margin, class_weights, reduction="sum")
            return total / class_weights[target].sum()
        sign = target.to(outputs.dtype) * 2 - 1
        miss = (margin - sign * outputs[:, 0]).relu()
        cost = miss.square() if power == 2 else miss
        if class_weights is None:
            return cost.mean()
        weight = class_weights[target]
        return (weight * cost).sum() / weight.sum()

    return hinge


ENTRY = LossEntry(
    key="hinge",
    label="Hinge",
    settings=HingeSettings,
    build=_build,
    tasks=("binary", "multiclass"),
    outputs=lambda task, classes: 1 if task == "binary" else classes,
    probabilities=one_or_each,
    help=(
        "For classes, as support-vector machines use it. A row that is on the right side by more than the margin costs "
        "nothing; the others cost as much as they miss it by. With the linear model and an L2 penalty this is a linear "
        "support-vector machine. Its outputs are margins: the probabilities shown are the logistic function or softmax "
        "of them and are not calibrated, so trust the classes and not the percentages. With several classes, each row "
        "is compared with every wrong class, and the misses are divided by the number of classes."
    ),
    formula=(
        r"\begin{aligned} L_2 &= \frac{1}{n}\sum_{i=1}^{n} \max(0,\; m - s_i z_i) \qquad s_i = \pm 1 \\"
        r" L_C &= \frac{1}{n C}\sum_{i=1}^{n} \sum_{c \neq y_i} \max(0,\; m - z_{i, y_i} + z_{i, c}) \end{aligned}"
    ),
    source=(
        "Cortes and Vapnik (1995), Support-Vector Networks, Machine Learning 20; "
        "several classes: Weston and Watkins (1999), Support Vector Machines for Multi-Class Pattern Recognition"
    ),
    order=60,
)
