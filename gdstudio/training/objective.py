"""What a run lowers: the loss, weighted by class where that is wanted, with its penalties."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.optim.penalties import penalty
from gdstudio.training.modules import loss_entry
from gdstudio.training.trainer import Objective


def make_criterion(spec: ExperimentSpec, dataset: Dataset, device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss without penalties.

    Raises:
        StudioError: Class weights are wanted where there are no classes, or they name none.
    """
    build = loss_entry(spec).build
    if spec.training.class_weights == "none":
        return build(spec.loss)  # type: ignore[no-any-return]
    weights = torch.tensor(class_weights(spec, dataset), dtype=torch.float32, device=device)
    return build(spec.loss, weights)  # type: ignore[no-any-return]


def class_weights(spec: ExperimentSpec, dataset: Dataset) -> list[float]:
    """A weight for each class, in the order of the class numbers.

    Source of the balanced ones: King and Zeng (2001), Logistic Regression in Rare Events Data, as scikit-learn has it.

    Raises:
        StudioError: There are no classes, or a name or a weight cannot be understood.
    """
    if dataset.task == "regression":
        raise StudioError(
            f"Class weights need classes, and the target {dataset.spec.target!r} is a number.",
            "Set training.class_weights to none.",
        )
    if spec.training.class_weights == "balanced":
        counts = np.bincount(np.asarray(dataset.train.target, dtype=np.int64), minlength=len(dataset.classes))
        return [float(w) for w in counts.sum() / (len(counts) * np.maximum(counts, 1))]
    given = _parse(spec.training.class_weight_values)
    for name in given:
        if name not in dataset.classes:
            raise StudioError(f"training.class_weight_values names {name!r}, which is no class.",
                              nearest(name, dataset.classes))  # fmt: skip
    return [given.get(name, 1.0) for name in dataset.classes]


def _parse(text: str) -> dict[str, float]:
    """``no=1, yes=4``, or a JSON object where names hold commas or equals signs."""
    try:
        if text.lstrip().startswith("{"):
            pairs: list[tuple[str, Any]] = list(json.loads(text).items())
        else:
            pairs = [tuple(part.rsplit("=", 1)) for part in text.split(",") if part.strip()]  # type: ignore[misc]
        weights = {name.strip(): float(value) for name, value in pairs}
    except (ValueError, TypeError, RecursionError):
        weights = {}
    if not weights or not all(0 < w < float("inf") for w in weights.values()):
        raise StudioError(
            f"training.class_weight_values cannot be {text!r}: it names classes with weights above 0.",
            "Write for example no=1, yes=4.",
        )
    return weights


def with_penalties(criterion: Callable[[Tensor, Tensor], Tensor], model: nn.Module, spec: ExperimentSpec) -> Objective:
    """The loss with the penalties that are not zero."""
    l1, l2 = spec.regularization.l1, spec.regularization.l2
    if not l1 and not l2:
        return criterion
    parameters, proximal = list(model.parameters()), spec.regularization.proximal
    return lambda outputs, target: criterion(outputs, target) + penalty(parameters, l1, l2, proximal)
