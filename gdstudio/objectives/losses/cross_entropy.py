"""Cross-entropy with one output a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.objectives.entry import LossEntry
from gdstudio.objectives.probabilities import softmax

if TYPE_CHECKING:
    from torch import Tensor


class CrossEntropySettings(Settings):
    """How sure the model is asked to be."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = setting(
        0.0,
        label="Label smoothing",
        help="Share of the certainty that is spread evenly over all classes: with 0.1 the model is asked to be 90 % "
        "sure plus an even share, which keeps it from becoming too sure of itself.",
        ge=0,
        lt=1,
        advanced=True,
    )


def _build(settings: CrossEntropySettings, class_weights: Tensor | None = None) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import cross_entropy

    smoothing = settings.label_smoothing
    return lambda outputs, target: cross_entropy(outputs, target, class_weights, label_smoothing=smoothing)


def _each(settings: CrossEntropySettings) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn.functional import cross_entropy

    smoothing = settings.label_smoothing

    def each(outputs: Tensor, target: Tensor) -> Tensor:
        classes = outputs.mT  # torch wants the classes second
        return cross_entropy(classes, target.expand(outputs.shape[:2]), reduction="none", label_smoothing=smoothing)

    return each


ENTRY = LossEntry(
    key="cross_entropy",
    label="Cross-entropy",
    settings=CrossEntropySettings,
    build=_build,
    each=_each,
    tasks=("binary", "multiclass"),
    default_for=("multiclass",),
    outputs=lambda task, classes: classes,
    probabilities=softmax,
    help=(
        "For a choice among classes. The model gives one number a class, the softmax turns them into probabilities, "
        "and the loss is the negative logarithm of the right class's. The usual choice for three classes and more; for "
        "two it does the same as binary cross-entropy with twice the outputs. The logarithm of the number of classes "
        "means no better than guessing: 1.099 for three."
    ),
    formula=r"L = -\frac{1}{n}\sum_{i=1}^{n} \log \frac{e^{z_{i, y_i}}}{\sum_{c=1}^{C} e^{z_{i, c}}}",
    source="Bishop (2006), Pattern Recognition and Machine Learning, equation 4.108",
    order=20,
)
