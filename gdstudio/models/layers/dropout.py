"""Dropout that draws from a generator of its own, so that nothing else can change its masks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class DropoutRandom:
    """The stream of random numbers that all dropout layers of one model share.

    On the CPU the layers draw what ``nn.Dropout`` layers draw after ``torch.manual_seed(seed)`` where nothing
    else draws in between. The generator is made on the device of the first input, since it cannot be moved.

    Args:
        seed: Seed of the stream.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generator: torch.Generator | None = None
        self._state: Tensor | None = None

    def on(self, device: torch.device) -> torch.Generator:
        """The generator; made anew, from the seed or the state that was set, where the device is another."""
        if self._generator is None or self._generator.device != device:
            self._generator = torch.Generator(device)
            if self._state is not None:
                self._generator.set_state(self._state)
            else:
                self._generator.manual_seed(self.seed)
        return self._generator

    def get_rng_state(self) -> Tensor | None:
        """The state as a uint8 tensor on the CPU; None where nothing was drawn yet."""
        return self._state if self._generator is None else self._generator.get_state()

    def set_rng_state(self, state: Tensor | None) -> None:
        """Go on from a state of :meth:`get_rng_state`, on the same kind of device; None starts at the seed."""
        self._generator, self._state = None, state


class SeededDropout(nn.Module):
    """Zeroes each value with probability ``p`` while training and scales the rest by ``1 / (1 - p)``.

    Source: Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
    JMLR 15, in the inverted form, which leaves evaluation as it is.

    Args:
        p: Share that is dropped, ``0 <= p < 1``.
        random: The stream to draw from.

    Attributes:
        given: Noise to use instead of drawing, for whoever draws ahead.
    """

    def __init__(self, p: float, random: DropoutRandom) -> None:
        super().__init__()
        self.p = p
        self.random = random
        self.given: Tensor | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """``(n, d) -> (n, d)``; :attr:`given`, where it is set, is used as the noise."""
        if not self.training or self.p == 0:
            return inputs
        return inputs * (self.draw(inputs.shape, inputs) if self.given is None else self.given)

    def draw(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """The next noise of that shape, 0 or ``1 / (1 - p)``, in the precision and on the device of ``like``."""
        noise = like.new_empty(shape)
        # The very operations of ATen's dropout on the CPU, which takes no generator.
        return noise.bernoulli_(1 - self.p, generator=self.random.on(like.device)).div_(1 - self.p)

    def extra_repr(self) -> str:
        """What ``repr`` shows."""
        return f"p={self.p}"


def dropout_random(model: nn.Module) -> DropoutRandom | None:
    """The stream that the model's dropout layers draw from; None where it has no such layer."""
    for module in model.modules():
        if isinstance(module, SeededDropout):
            return module.random
    return None
