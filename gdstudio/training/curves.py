"""What is measured on whole parts between epochs, without changing the run."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, Part
from gdstudio.models.layers.dropout import SeededDropout

log = logging.getLogger(__name__)

#: Rows that go through the model at once: few enough that what lies between two layers stays in the cache.
_CHUNK_ROWS = 1_024
#: Recording takes some hundredths of a second for each part, and saves a tenth of a millisecond at each measuring, more
#: where epochs are taken whole.
_OFTEN = 250


def measures_often(spec: ExperimentSpec) -> bool:
    """Whether a run measures its curves so often that recording what is done for them pays."""
    settings = spec.training
    often = settings.epochs // settings.evaluate_every >= _OFTEN
    return settings.capture == "on" or (settings.capture == "auto" and often)


class Curves:
    """Loss and accuracy (or R²) of the training and validation parts, in evaluation mode, without penalties.

    Args:
        model: What is trained; its mode is put back.
        criterion: The loss without penalties.
        dataset: Its training and validation parts are measured.
        rows: At most so many rows of each part, evenly spaced over it.
        device: Where the model is.
        record: Whether the operations are recorded at the second call and replayed from then on: the same numbers,
            and less of Python's lock, for which a window that draws would have to wait.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        dataset: Dataset,
        rows: int,
        device: torch.device,
        *,
        record: bool = False,
    ) -> None:
        self._model = model
        self._criterion = criterion
        # Going through all modules of a small network takes as long as a step of it.
        self._has_modes = any(isinstance(m, SeededDropout | nn.BatchNorm1d) for m in model.modules())
        self._score = _r2 if dataset.task == "regression" else _accuracy
        self._score_name = "r2" if dataset.task == "regression" else "accuracy"
        self._parts = {
            name: _sample(part, rows, device)
            for name, part in (("train", dataset.train), ("validation", dataset.validation))
            if len(part)
        }
        self._wanted = record and not self._has_modes and device.type == "cpu"
        self._calls = 0
        self._recorded: dict[str, torch.jit.ScriptModule] = {}

    @property
    def recording(self) -> bool:
        """Whether what is measured is recorded, or will be."""
        return self._wanted

    @property
    def columns(self) -> list[str]:
        """Names of what is measured: of each part the loss, then the score."""
        return [f"{name}_{what}" for name in self._parts for what in ("loss", self._score_name)]

    @property
    def recorded(self) -> list[tuple[torch.jit.ScriptModule, Tensor, Tensor]]:
        """For each part what measures it, and its rows and targets; empty where nothing was recorded, or not yet."""
        return [(module, *self._parts[name]) for name, module in self._recorded.items()]

    def __call__(self) -> dict[str, float]:
        """The epoch columns ``train_loss``, ``validation_loss`` and accuracies or R²; no clock in them."""
        self._calls += 1
        if self._wanted and self._calls == 2:
            self._record()
        row = {}
        training = self._model.training
        if self._has_modes:
            self._model.eval()
        with torch.no_grad():
            for name, part in self._parts.items():
                loss, score = self._recorded.get(name, self._measured)(*part)
                row[f"{name}_loss"], row[f"{name}_{self._score_name}"] = float(loss), float(score)
        if self._has_modes:
            self._model.train(training)
        return row

    def _measured(self, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        chunks = [self._model(chunk) for chunk in features.split(_CHUNK_ROWS)]
        outputs = chunks[0] if len(chunks) == 1 else torch.cat(chunks)
        return self._criterion(outputs, target), self._score(outputs, target)

    def _record(self) -> None:
        """Record what is measured of each part; nothing where the model does not allow it."""
        from gdstudio.training.capture import scripted

        try:
            with torch.no_grad():
                # The tracer counts the arguments of a method wrongly.
                self._recorded = {
                    name: scripted(lambda features, target: self._measured(features, target), part)
                    for name, part in self._parts.items()
                }
        except Exception as error:  # whatever the tracer cannot follow is measured as before
            log.debug("The measuring of curves cannot be recorded: %s", error)
            self._wanted = False


def _sample(part: Part, rows: int, device: torch.device) -> tuple[Tensor, Tensor]:
    features, target = torch.from_numpy(part.features), torch.from_numpy(part.target)
    if len(part) > rows:
        chosen = torch.from_numpy(np.linspace(0, len(part) - 1, rows).round().astype(np.int64))
        features, target = features[chosen], target[chosen]
    return features.to(device), target.to(device)


def _accuracy(outputs: Tensor, target: Tensor) -> Tensor:
    """Share of rows whose most likely class is right; one output is a margin that is positive for class 1."""
    predicted = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(1)
    return (predicted == target).double().mean()


def _r2(outputs: Tensor, target: Tensor) -> Tensor:
    """Coefficient of determination; the same in the scaled unit as in the target's own; NaN where all are equal."""
    target = target.double()
    total = ((target - target.mean()) ** 2).sum()
    found = 1 - ((target - outputs[:, 0].double()) ** 2).sum() / total
    return torch.where(total == 0, total / total, found)  # 0 / 0, since a recording has no word for NaN
