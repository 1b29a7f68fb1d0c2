"""The loop: predict, loss, clear gradients, backward, step.

How a run can end, and what is kept:

============================  =====================  ==========================================
what happens                  raised                 weights kept
============================  =====================  ==========================================
all epochs done               nothing                those after the last step; those of the
                                                     lowest validation loss with early stopping
patience is at its end        ``Stopped``            those of the lowest validation loss
cancelled between two steps   ``Cancelled``          those after the last complete step
the loss is not finite        ``Diverged``           those at the end of the last finite epoch
an error in the model         that error             none: the run failed
============================  =====================  ==========================================

The history is kept in each case, up to and with the step that ended the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from gdstudio.training.batches import Batches
from gdstudio.training.recorder import Recorder

#: ``(outputs (b, k), target (b,)) -> scalar``, with the penalties where there are any.
Objective = Callable[[Tensor, Tensor], Tensor]
#: ``(inputs (b, d), targets (b,))``.
Batch = tuple[Tensor, Tensor]


def train(
    model: Callable[[Tensor], Tensor],
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    recorder: Recorder,
    epochs: int,
    update: Callable[[], None],
    gradients: Callable[[Tensor, Tensor], Tensor] | None = None,
    left_over: Callable[[Iterable[Batch]], Iterable[Batch]] = iter,
    left_over_epochs: Callable[[range], Iterable[int]] = iter,
    searches: bool = False,
    clip: Callable[[], None] | None = None,
    project: Callable[[], None] | None = None,
) -> None:
    """Train ``model`` in place, from where the recorder stands.

    Everything that is not one of the five steps is the recorder's: pausing, the learning rate, the
    history, the curves.

    Args:
        model: Predicts; its parameters are trained in place.
        objective: The loss with its penalties.
        optimizer: Clears the gradients, and makes the step where it searches for it.
        batches: The rows, portioned for each epoch.
        recorder: Is called around each step and after each epoch.
        epochs: How often the rows are seen.
        update: Makes the optimizer's step from the gradients.
        gradients: ``(inputs, targets) -> loss`` that replays the first four steps, with their very numbers.
        left_over: Takes some of an epoch's steps by itself, with their very numbers, and gives the other batches.
        left_over_epochs: Takes some epochs by itself, likewise, and gives the others.
        searches: Whether the optimizer evaluates the batch anew while it searches for its step, as L-BFGS does.
        clip: Bounds the gradients before the step.
        project: Bounds the weights after the step.

    Raises:
        Cancelled: The person ended it.
        Stopped: The validation loss falls no more.
        Diverged: The loss stopped being a finite number.
    """
    done, skip = divmod(recorder.step, batches.per_epoch)
    for epoch in left_over_epochs(range(done + 1, epochs + 1)):
        for inputs, targets in left_over(batches.epoch(epoch, skip)):
            recorder.before_step()
            if gradients is not None:
                loss = gradients(inputs, targets)
            else:
                predictions = model(inputs)
                loss = objective(predictions, targets)
                optimizer.zero_grad()
                loss.backward()
            if clip is not None:
                recorder.after_backward()
                clip()
            if searches:
                optimizer.step(evaluate_again(model, objective, optimizer, inputs, targets))
            else:
                update()
            if project is not None:
                project()
            recorder.after_step(loss)
        skip = 0
        recorder.after_epoch(epoch)


def evaluate_again(
    model: Callable[[Tensor], Tensor],
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
) -> Callable[[], float]:
    """Loss and gradients of one batch at the parameters as they are at the call."""

    def evaluate() -> float:
        optimizer.zero_grad()
        loss = objective(model(inputs), targets)
        loss.backward()
        return loss.item()

    return evaluate
