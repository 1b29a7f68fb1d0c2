"""What a landscape is of: a model, rows, and the number that is measured on them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from gdstudio.core.errors import StudioError
from gdstudio.evaluation.landscape.vectors import load_vector
from gdstudio.optim.penalties import penalty

Measure = Literal["loss", "accuracy"]
Criterion = Callable[[Tensor, Tensor], Tensor]
#: Groups of rows whose scatter gives the standard error.
_GROUPS = 32
#: Rows that go through the model at once where nothing else says so.
_CHUNK_ROWS = 16_384


@dataclass(frozen=True, eq=False)
class Problem:
    """A number that depends on the weights alone.

    Attributes:
        model: Is copied before it is used; its buffers stay as they are and dropout is off.
        criterion: ``(outputs (n, k), target (n,)) -> scalar``, the mean over the rows.
        features: ``(n, d)`` float32, on the CPU.
        target: ``(n,)``.
        measure: The loss, or the share of right classes.
        l1, l2: Penalties that are added to the loss; 0 leaves them out.
        all_rows: How many rows there were before a sub-sample was taken.
        each: ``(outputs (m, n, k), target (n,)) -> (m, n)``, the criterion row by row for ``m`` models at once, where
            there is such a thing; its mean over the rows is the criterion.
    """

    model: nn.Module
    criterion: Criterion
    features: Tensor
    target: Tensor
    measure: Measure = "loss"
    l1: float = 0.0
    l2: float = 0.0
    all_rows: int = 0
    each: Criterion | None = None

    def __post_init__(self) -> None:
        if not len(self.features):
            raise StudioError("There are no rows to measure the loss on.", "Choose the training rows.")
        if self.measure == "accuracy" and self.target.is_floating_point():
            raise StudioError("A number has no accuracy.", "Map the loss instead.")

    def sampled(self, rows: int, seed: int = 0) -> Problem:
        """The same on a random sub-sample of at most ``rows`` rows."""
        count = len(self.features)
        if count <= rows:
            return replace(self, all_rows=count)
        chosen = torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:rows].sort().values
        return replace(self, features=self.features[chosen], target=self.target[chosen], all_rows=count)

    @property
    def is_sampled(self) -> bool:
        """Whether some rows were left out."""
        return self.all_rows > len(self.features)

    def own_model(self) -> nn.Module:
        """A copy of the model in evaluation mode, on the CPU, without gradients."""
        return copy.deepcopy(self.model).cpu().eval().requires_grad_(False)

    def measured(self, outputs: Tensor) -> Tensor:
        """The measure without penalties of ``outputs (n, k)``, a scalar."""
        if self.measure == "loss":
            return self.criterion(outputs, self.target)
        return hits(outputs, self.target).double().mean()

    def penalty(self, model: nn.Module) -> float:
        """What the penalties add."""
        if self.measure != "loss" or not (self.l1 or self.l2):
            return 0.0
        return float(penalty([p.double() for p in model.parameters()], self.l1, self.l2))

    @torch.no_grad()
    def value(self, vector: Tensor, model: nn.Module | None = None) -> float:
        """The plain way: put the weights into a copy of the model and evaluate it.

        Args:
            vector: ``(p,)``.
            model: A copy of :meth:`own_model` to use; a new one otherwise.
        """
        model = model or self.own_model()
        load_vector(model, vector)
        outputs = torch.cat([model(rows) for rows in self.features.split(_CHUNK_ROWS)])
        return float(self.measured(outputs)) + self.penalty(model)

    @torch.no_grad()
    def standard_error(self, vector: Tensor) -> float | None:
        """How far the value on the sub-sample may be from that on all rows; None where all rows are used.

        Batch means: the scatter of the value over random groups of rows, divided by the root of their number, with
        the correction for a finite population (Cochran 1977, Sampling Techniques, section 2.6).
        """
        count = len(self.features)
        if not self.is_sampled or count < 2 * _GROUPS:
            return None
        model = self.own_model()
        load_vector(model, vector)
        outputs = torch.cat([model(rows) for rows in self.features.split(_CHUNK_ROWS)])
        order = torch.randperm(count, generator=torch.Generator().manual_seed(1))
        values = torch.tensor(
            [
                float(replace(self, features=self.features[g], target=self.target[g]).measured(outputs[g]))
                for g in order.chunk(_GROUPS)
            ],
            dtype=torch.float64,
        )
        return float(values.std()) * math.sqrt((1 - count / self.all_rows) / len(values))


def hits(outputs: Tensor, target: Tensor) -> Tensor:
    """Whether the likeliest class is right, ``(…, n)``; one output is a margin that is positive for class 1."""
    predicted = outputs[..., 0] > 0 if outputs.shape[-1] == 1 else outputs.argmax(-1)
    return predicted == target
