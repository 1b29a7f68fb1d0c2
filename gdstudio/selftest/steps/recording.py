"""Steps are recorded and taken in blocks, with the numbers of single ones.

A program that cannot do so trains as well, only slower, and would never say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gdstudio.selftest.step import Step, Unmet, expect

if TYPE_CHECKING:
    from torch import Tensor

_STEPS = 40


class _Watch:
    """Stands beside the blocks, as the recorder of a run does."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def free_steps(self) -> int:
        return _STEPS

    def rates(self, count: int) -> list[float]:
        return [0.01] * count

    def measured(self, count: int) -> list[bool]:
        return [True] * count

    def after_block(
        self, losses: list[Tensor], rates: list[float], measured: list[bool], norms: list[Tensor], began: float
    ) -> None:
        self.losses += [float(loss) for loss in losses]


def _losses(in_blocks: bool) -> tuple[list[float], int]:
    """The losses of a small network, and how many of its steps were taken in blocks."""
    import torch
    from torch import nn

    from gdstudio.training.blocks import Blocks, Bounds
    from gdstudio.training.capture import CapturedGradients, exact_replay
    from gdstudio.training.direct import DirectStep, direct_step

    random = torch.Generator().manual_seed(0)
    inputs, targets = (torch.randn(_STEPS, 8, width, generator=random) for width in (3, 1))
    layers = [nn.utils.skip_init(nn.Linear, 3, 4), nn.Tanh(), nn.utils.skip_init(nn.Linear, 4, 1)]
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    gradients = CapturedGradients(model, nn.functional.mse_loss)
    update, watch = direct_step(optimizer), _Watch()
    batches = list(zip(inputs, targets, strict=True))
    if not in_blocks:
        for rows, wanted in batches:
            loss = nn.functional.mse_loss(model(rows), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            watch.losses.append(loss.item())
        return watch.losses, 0
    if not isinstance(update, DirectStep):
        raise Unmet("Adam's fused kernel is not there.")
    single = 0
    with exact_replay():
        for rows, wanted in Blocks(gradients, update, watch, Bounds()).left_over(batches):
            watch.losses.append(float(gradients(rows, wanted)))
            update()
            single += 1
    return watch.losses, _STEPS - single


def _run(_: Path) -> str:
    plain, _count = _losses(in_blocks=False)
    blocks, count = _losses(in_blocks=True)
    expect(blocks == plain, f"The losses differ: {blocks[-1]!r} and {plain[-1]!r} after {_STEPS} steps.")
    expect(count > _STEPS // 2, f"Only {count} of {_STEPS} steps were taken in blocks: training is slower here.")
    return f"{count} of {_STEPS} steps were taken in blocks, with the losses of single steps to the bit."


STEP = Step(key="recording", label="Records steps and takes them in blocks", run=_run, order=25)
