"""The loop: predict, loss, clear gradients, backward, step.

How a run can end, and what is kept:

============================  =====================  ==========================================
what happens                  raised                 weights kept
============================  =====================  ==========================================
all epochs done               nothing                those after the last step
cancelled between two steps   ``Cancelled``          those after the last complete step
the loss is not finite        ``Diverged``           those at the end of the last finite epoch
an error in the model         that error             none: the run failed
============================  =====================  ==========================================

The history is kept in each case, up to and with the step that ended the run.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gdstudio.training.batches import Batches
from gdstudio.training.recorder import Recorder

#: ``(outputs (b, k), target (b,)) -> scalar``, with the penalties where there are any.
Objective = Callable[[Tensor, Tensor], Tensor]


def train(
    model: nn.Module,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    recorder: Recorder,
    epochs: int,
) -> None:
    """Train ``model`` in place.

    Everything that is not one of the five steps is the recorder's: pausing, the learning rate, the
    history, the curves.

    Raises:
        Cancelled: The person ended it.
        Diverged: The loss stopped being a finite number.
    """
    for epoch in range(1, epochs + 1):
        for inputs, targets in batches.epoch(epoch):
            recorder.before_step()
            predictions = model(inputs)
            loss = objective(predictions, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.after_step(loss)
        recorder.after_epoch(epoch)
