"""The rows of the training part, portioned for each epoch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

#: Above this size a shuffled copy per epoch costs more memory than the gathers cost time.
_COPY_LIMIT_BYTES = 2 * 2**30


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
    """

    def __init__(
        self, features: Tensor, target: Tensor, batch_size: int, seed: int, shuffle: bool, single_row: bool = True
    ) -> None:
        self.features = features
        self.target = target
        count = len(features)
        self.full = batch_size == 0 or batch_size >= count
        self.batch_size = count if self.full else batch_size
        self._seed = seed
        self._shuffle = shuffle and not self.full
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

    def order(self, epoch: int) -> Tensor:
        """The permutation ``(n,)`` of the rows in ``epoch`` (1-based), drawn on the CPU so that devices agree."""
        generator = torch.Generator().manual_seed(self._seed + epoch)
        return torch.randperm(len(self.features), generator=generator).to(self.features.device)

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches ``(features (b, d), target (b,))`` of one epoch."""
        if not self._shuffle:
            return zip(self.features.split(self._sizes), self.target.split(self._sizes), strict=True)
        order = self.order(epoch)
        if self.features.element_size() * self.features.nelement() > _COPY_LIMIT_BYTES:
            return ((self.features[rows], self.target[rows]) for rows in order.split(self._sizes))
        return zip(self.features[order].split(self._sizes), self.target[order].split(self._sizes), strict=True)
