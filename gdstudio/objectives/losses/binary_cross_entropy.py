"""Cross-entropy for two classes and one output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry
from gdstudio.objectives.probabilities import logistic

if TYPE_CHECKING:
    from torch import Tensor


class BinaryCrossEntropySettings(Settings):
    """Binary cross-entropy has no settings."""

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"


def _build(
    settings: BinaryCrossEntropySettings, class_weights: Tensor | None = None
) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import binary_cross_entropy_with_logits

    def weighted(outputs: Tensor, target: Tensor) -> Tensor:
        assert class_weights is not None
        weight = class_weights[target]
        truth = target.to(outputs.dtype)
        total = binary_cross_entropy_with_logits(outputs.squeeze(1), truth, weight, reduction="sum")
        return total / weight.sum()

    if class_weights is not None:
        return weighted
    return lambda outputs, target: binary_cross_entropy_with_logits(outputs.squeeze(1), target.to(outputs.dtype))


def _each(settings: BinaryCrossEntropySettings) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import softplus

    # -log σ(z) for the positive class and -log σ(-z) for the other, each log(1 + exp(∓z)): one pass over the numbers.
    return lambda outputs, target: softplus(outputs.squeeze(2) * (1 - 2 * target.to(outputs.dtype)))


ENTRY = LossEntry(
    key="binary_cross_entropy",
    label="Binary cross-entropy",
    settings=BinaryCrossEntropySettings,
    build=_build,
    each=_each,
    tasks=("binary",),
    default_for=("binary",),
    outputs=lambda task, classes: 1,
    probabilities=logistic,
    help=(
        "For a choice between two classes. It is the negative logarithm of the probability that the model gave to the "
        "right class, so being sure and wrong costs most. The model gives one number, and the logistic function turns "
        "it into the probability of the positive class. The usual choice; 0.693 means no better than a coin."
    ),
    formula=(
        r"\begin{aligned} L &= -\frac{1}{n}\sum_{i=1}^{n} \left[ y_i \log p_i + (1 - y_i) \log (1 - p_i) \right] \\"
        r" p_i &= \sigma(z_i) = \frac{1}{1 + e^{-z_i}} \end{aligned}"
    ),
    source="Bishop (2006), Pattern Recognition and Machine Learning, equation 4.90",
    order=10,
)
