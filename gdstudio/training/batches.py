"""The rows of the training part, portioned for each epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

#: Above this size a shuffled copy per epoch costs more memory than the gathers cost time.
_COPY_LIMIT_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Noise:
    """Normal noise on the inputs, drawn anew for every epoch.

    Source: Bishop (1995), Training with Noise is Equivalent to Tikhonov Regularization.

    Attributes:
        deviation: Its standard deviation.
        seed: Epoch e draws from ``seed + e``, so that a resumed run needs no state of it.
    """

    deviation: float
    seed: int

    def of(self, epoch: int) -> torch.Generator:
        """The generator of one epoch, on the CPU so that devices agree."""
        return torch.Generator().manual_seed(self.seed + epoch)

    def on(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """``features (n, d)`` with the next noise added."""
        drawn = torch.randn(features.shape, generator=generator, dtype=features.dtype)
        return features + self.deviation * drawn.to(features.device)


class Batches:
    """Mini-batches as views of a copy that is shuffled anew for every epoch.

    The order of an epoch is a function of ``(seed, epoch)`` alone, so the position in a run is just
    ``(epoch, batch)``. Slicing one shuffled copy is several times cheaper than gathering each batch.

    Args:
        features: ``(n, d)`` on the device.
        target: ``(n,)`` on the device.
        batch_size: Rows a batch; 0, or n and more, is the full part in its own order.
        seed: Base seed of the orders; epoch e draws from ``seed + e``.
        shuffle: Whether rows change their order.
        single_row: Whether a last batch of one row is allowed; otherwise that row joins the batch before it.
        noise: What is added to the features; None adds nothing.
    """

    def __init__(
        self,
        features: Tensor,
        target: Tensor,
        batch_size: int,
        seed: int,
        shuffle: bool,
        single_row: bool = True,
        noise: Noise | None = None,
    ) -> None:
        self.features = features
        self.target = target
        count = len(features)
        self.full = batch_size == 0 or batch_size >= count
        self.batch_size = count if self.full else batch_size
        self._seed = seed
        self._shuffle = shuffle and not self.full
        self._noise = noise
        self._copies = features.element_size() * features.nelement() <= _COPY_LIMIT_BYTES
        sizes = [self.batch_size] * (count // self.batch_size)
        rest = count % self.batch_size
        if rest == 1 and not single_row and sizes:
            sizes[-1] += 1
        elif rest:
            sizes.append(rest)
        self._sizes = sizes

    @property
    def per_epoch(self) -> int:
        """Steps in one epoch."""
        return len(self._sizes)

    @property
    def portions(self) -> list[int]:
        """Rows of each batch of an epoch, in their order."""
        return list(self._sizes)

    @property
    def are_views(self) -> bool:
        """Whether batches are views of the rows themselves in another order, with nothing added to them."""
        return self._copies and self._noise is None

    @property
    def sizes(self) -> dict[int, int]:
        """Rows in a batch → how many batches of an epoch have so many."""
        return dict(Counter(self._sizes))

    @property
    def shuffled(self) -> bool:
        """Whether rows change their order from epoch to epoch."""
        return self._shuffle

    def order(self, epoch: int) -> Tensor:
        """The permutation ``(n,)`` of the rows in ``epoch`` (1-based), drawn on the CPU so that devices agree."""
        generator = torch.Generator().manual_seed(self._seed + epoch)
        return torch.randperm(len(self.features), generator=generator).to(self.features.device)

    def rows(self, epoch: int, number: int) -> Tensor:
        """The rows ``(b,)`` of the training part in a batch (0-based) of ``epoch`` (1-based)."""
        count = len(self.features)
        order = self.order(epoch) if self._shuffle else torch.arange(count, device=self.features.device)
        rows: Tensor = order.split(self._sizes)[number]
        return rows

    def epoch(self, epoch: int, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches ``(features (b, d), target (b,))`` of one epoch, without its first ``skip``."""
        order = self.order(epoch) if self._shuffle else None
        if not self._copies and (order is not None or self._noise is not None):
            return self._gathered(epoch, order, skip)
        features, target = self.features, self.target
        if order is not None:
            # Twice as fast as indexing with brackets.
            features, target = features.index_select(0, order), target.index_select(0, order)
        if self._noise is not None:
            features = self._noise.on(features, self._noise.of(epoch))
        sizes = self._sizes
        return zip(features.split(sizes)[skip:], target.split(sizes)[skip:], strict=True)

    def _gathered(self, epoch: int, order: Tensor | None, skip: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of an epoch whose copy would take too much memory."""
        generator = None if self._noise is None else self._noise.of(epoch)
        rows = torch.arange(len(self.features), device=self.features.device) if order is None else order
        for number, chosen in enumerate(rows.split(self._sizes)):
            features = self.features.index_select(0, chosen)
            if generator is not None and self._noise is not None:
                features = self._noise.on(features, generator)  # also where it is skipped: the stream goes on
            if number >= skip:
                yield features, self.target.index_select(0, chosen)
