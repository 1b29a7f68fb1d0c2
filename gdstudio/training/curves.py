"""What is measured on whole parts between epochs, without changing the run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.data.dataset import Dataset, Part
from gdstudio.models.layers.dropout import SeededDropout

#: Rows that go through the model at once: few enough that what lies between two layers stays in the cache.
_CHUNK_ROWS = 1_024


class Curves:
    """Loss and accuracy (or R²) of the training and validation parts, in evaluation mode, without penalties.

    Args:
        model: What is trained; its mode is put back.
        criterion: The loss without penalties.
        dataset: Its training and validation parts are measured.
        rows: At most so many rows of each part, evenly spaced over it.
        device: Where the model is.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        dataset: Dataset,
        rows: int,
        device: torch.device,
    ) -> None:
        self._model = model
        self._criterion = criterion
        # Going through all modules of a small network takes as long as a step of it.
        self._has_modes = any(isinstance(m, SeededDropout | nn.BatchNorm1d) for m in model.modules())
        self._regression = dataset.task == "regression"
        self._parts = {
            name: _sample(part, rows, device)
            for name, part in (("train", dataset.train), ("validation", dataset.validation))
            if len(part)
        }

    def __call__(self) -> dict[str, float]:
        """The epoch columns ``train_loss``, ``validation_loss`` and accuracies or R²; no clock in them."""
        row = {}
        training = self._model.training
        if self._has_modes:
            self._model.eval()
        with torch.no_grad():
            for name, (features, target) in self._parts.items():
                chunks = [self._model(chunk) for chunk in features.split(_CHUNK_ROWS)]
                outputs = chunks[0] if len(chunks) == 1 else torch.cat(chunks)
                row[f"{name}_loss"] = float(self._criterion(outputs, target))
                if self._regression:
                    row[f"{name}_r2"] = _r2(outputs[:, 0], target)
                else:
                    row[f"{name}_accuracy"] = _accuracy(outputs, target)
        if self._has_modes:
            self._model.train(training)
        return row


def _sample(part: Part, rows: int, device: torch.device) -> tuple[Tensor, Tensor]:
    features, target = torch.from_numpy(part.features), torch.from_numpy(part.target)
    if len(part) > rows:
        chosen = torch.from_numpy(np.linspace(0, len(part) - 1, rows).round().astype(np.int64))
        features, target = features[chosen], target[chosen]
    return features.to(device), target.to(device)


def _accuracy(outputs: Tensor, target: Tensor) -> float:
    """Share of rows whose most likely class is right; one output is a margin that is positive for class 1."""
    predicted = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(1)
    return float((predicted == target).double().mean())


def _r2(prediction: Tensor, target: Tensor) -> float:
    """Coefficient of determination; the same in the scaled unit as in the target's own."""
    target = target.double()
    total = ((target - target.mean()) ** 2).sum()
    if len(target) < 2 or float(total) == 0:
        return float("nan")
    return float(1 - ((target - prediction.double()) ** 2).sum() / total)
