"""What happens around the five steps: control, learning rate, history, curves, kept weights, checkpoints."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.core.control import RunControl
from gdstudio.core.events import LearningRateChanged, Listener, Paused, Resumed
from gdstudio.core.history import Column, RunHistory
from gdstudio.core.regimen import LearningRateChange, TrainingSpec
from gdstudio.optim.schedule_base import WatchingFactor
from gdstudio.training.health import HealthProbe
from gdstudio.training.moments import moment_of, weights_of
from gdstudio.training.snapshots import Snapshots
from gdstudio.training.stopping import Diverged, EarlyStopping, Stopped

#: Losses stay on the device until so many are there, so that no step waits for one to be read.
_BLOCK_STEPS = 256
#: … or until so many seconds have passed, so that a chart of slow steps does not lag.
_BLOCK_SECONDS = 0.05
#: The first steps are where gradients tell most: each of them is measured.
_ALWAYS_MEASURED = 100


class Recorder:
    """Stands beside the loop and never changes a number in it.

    Args:
        model: What is trained.
        optimizer: Whose learning rate is set before each step.
        factor: The schedule: 0-based step → factor of the base rate.
        control: What the person asked for.
        history: Where rows go.
        curves: ``() -> dict`` of the epoch columns that are measured on whole parts.
        settings: The training section.
        lr: The base learning rate.
        on_event: Hears of pauses and changed rates.
        save: Writes a checkpoint of the run as it stands; called between two steps.
        health: Samples the layers' norms around some steps.

    Attributes:
        current: The values of all parameters and of what batch normalization averages.
        finite: The same at the end of the last epoch whose losses were finite.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        factor: Callable[[int], float] | None,
        control: RunControl,
        history: RunHistory,
        curves: Callable[[], dict[str, float]],
        settings: TrainingSpec,
        lr: float,
        on_event: Listener,
        save: Callable[[], None] | None = None,
        health: HealthProbe | None = None,
    ) -> None:
        self._optimizer = optimizer
        self._factor = factor
        self._control = control
        self._history = history
        self._curves = curves
        self._settings = settings
        self._on_event = on_event
        self._base_lr = self._lr = lr
        self._planned = {change.step: change.lr for change in settings.lr_changes}
        self._model = model
        averages = (b for b in model.buffers() if b.is_floating_point())
        self.current = [t.detach() for t in (*model.parameters(), *averages)]
        self.finite = [t.clone() for t in self.current]
        self._best: list[Tensor] = []
        self._snapshots = Snapshots(model, history)
        self._snapshots.offer(0)
        self._stopping = EarlyStopping(settings.patience, settings.min_delta) if settings.patience else None
        self._parameters = [p for p in model.parameters() if p.requires_grad]
        self._losses: list[Tensor] = []
        self._norms: dict[int, Tensor] = {}
        self._rates: list[float] = []
        self._seconds: list[float] = []
        self._epoch = 1
        self._started = self._flushed = time.perf_counter()
        self._waited = 0.0
        self._save = save if settings.checkpoint_seconds else None
        self._saved = self._started
        self._due = False
        self._health = health
        self._sampled = False
        self.step = 0
        self.lr_changes = dict(self._planned)
        self._set_rate()

    def before_step(self) -> None:
        """Pause, cancel, checkpoint, and the rate of the coming step; raises Cancelled."""
        if self._control.wanted:
            self._obey()
        if self._due and self._save is not None:
            self.flush()
            self._save()
            self._saved, self._due = time.perf_counter(), False
        if self._planned and (lr := self._planned.get(self.step + 1)) is not None:
            self._base_lr = lr
            self._set_rate()
        elif self._factor is not None:
            self._set_rate()
        if self._health is not None and self.step + 1 >= self._health.next_step:
            self._sampled = self._health.before_step(self.step + 1, self.seconds)

    def after_backward(self) -> None:
        """Measure the gradient as it is before something clips it; without this, it is measured after the step."""
        if self._measures(self.step + 1):
            self._norms[len(self._losses)] = self._gradient_norm()
        if self._sampled and self._health is not None:
            self._health.after_backward()

    def after_step(self, loss: Tensor) -> None:
        """Note the loss of the step that was just taken; raises Diverged with the block that shows it."""
        self.step += 1
        self._losses.append(loss.detach())
        self._rates.append(self._lr)
        if self._measures(self.step) and len(self._losses) - 1 not in self._norms:
            self._norms[len(self._losses) - 1] = self._gradient_norm()
        if self._sampled and self._health is not None:
            self._health.after_step()
            self._sampled = False
        now = time.perf_counter()
        self._seconds.append(now - self._started - self._waited)
        if len(self._losses) >= _BLOCK_STEPS or now - self._flushed > _BLOCK_SECONDS:
            self.flush()

    def free_steps(self) -> int:
        """How many of the coming steps need nothing from here but their rate; 0 where the next one does."""
        return min(self._free(), _BLOCK_STEPS)

    def free_epochs(self, per_epoch: int, most: int) -> int:
        """How many of the coming epochs, ``most`` at most, need nothing but what is measured between them.

        What is to happen at an epoch's end, a copy of the weights for the path, happens at the end of the last of them.
        """
        watched = self._stopping is not None or isinstance(self._factor, WatchingFactor)
        if watched or self.step % per_epoch:
            return 0
        free = min(self._free() // per_epoch, most)
        return next((n for n in range(1, free) if self._snapshots.wants(self.step + n * per_epoch)), free)

    def evaluated(self, epoch: int) -> bool:
        """Whether the curves are measured after this epoch (1-based)."""
        return epoch % self._settings.evaluate_every == 0 or epoch == self._settings.epochs

    def _free(self) -> int:
        if self._control.wanted or self._due:
            return 0
        free = sys.maxsize
        if self._health is not None:
            free = min(free, self._health.next_step - self.step - 1)
        if self._planned:
            free = min([free, *(step - self.step - 1 for step in self._planned if step > self.step)])
        return max(free, 0)

    def rates(self, count: int) -> list[float]:
        """The learning rates of the next ``count`` steps."""
        if self._factor is None:
            return [self._base_lr] * count
        return [self._base_lr * self._factor(step) for step in range(self.step, self.step + count)]

    def measured(self, count: int) -> list[bool]:
        """At which of the next ``count`` steps the gradient's norm is measured."""
        return [self._measures(step) for step in range(self.step + 1, self.step + count + 1)]

    def after_block(
        self, losses: list[Tensor], rates: list[float], measured: list[bool], norms: list[Tensor], began: float
    ) -> None:
        """Note steps that were taken in one call; raises Diverged with the block that shows it.

        Args:
            losses: One a step.
            rates: Of these steps, as :meth:`rates` gave them.
            measured: As :meth:`measured` gave it.
            norms: The gradient's norm, where it was measured.
            began: When the first of them began, by ``time.perf_counter``.
        """
        noted, count = len(self._losses), len(losses)
        self.step += count
        self._losses += losses
        self._rates += rates
        self._norms.update(zip((noted + n for n in range(count) if measured[n]), norms, strict=True))
        self._apply_rate(rates[-1])
        now, paused = time.perf_counter(), self._started + self._waited
        # Nobody looked at the clock within the block: its steps are taken to last equally long.
        self._seconds += [began - paused + (now - began) * n / count for n in range(1, count + 1)]
        if len(self._losses) >= _BLOCK_STEPS or now - self._flushed > _BLOCK_SECONDS:
            self.flush()

    def after_epochs(
        self,
        losses: Tensor,
        rates: Sequence[float],
        norms: Column,
        curves: Sequence[dict[str, float] | None],
        per_epoch: int,
        began: float,
    ) -> None:
        """Note epochs that were taken in one call, each but the last with finite losses; raises Diverged.

        Args:
            losses: ``(k per_epoch,)``, one a step.
            rates: ``(k per_epoch,)``, as :meth:`rates` gave them.
            norms: ``(k per_epoch,)``, the gradient's norm; NaN where it was not measured.
            curves: ``k`` of them, None where nothing was measured.
            per_epoch: Steps in each.
            began: When the first of them began, by ``time.perf_counter``.
        """
        self.flush()
        count, first, before = len(rates), self._epoch, self.step
        start, spent = began - self._started - self._waited, time.perf_counter() - began
        seconds = start + spent * np.arange(1, count + 1) / count  # nobody looked at the clock meanwhile
        self.step += count
        self._apply_rate(rates[-1])
        epochs = first + np.arange(count) // per_epoch
        diverged = self._publish(losses.double().numpy(), epochs.astype(float), rates, norms, seconds)
        for number, row in enumerate(curves if diverged is None else curves[:-1]):
            self._epoch = first + number
            if row is not None:
                self._note_curves(row, before + (end := (number + 1) * per_epoch), float(seconds[end - 1]))
        if diverged is not None:
            raise diverged
        self._snapshots.offer(self.step)
        self._epoch += 1

    def after_epoch(self, epoch: int) -> None:
        """Measure the curves, keep the weights if they are finite; raises Diverged or Stopped."""
        self.flush()
        if self.evaluated(epoch):
            row = self._curves()
            self._note_curves(row, self.step, self.seconds)
            if epoch % self._settings.evaluate_every == 0:
                # An end that only the number of epochs brought decides nothing, since a run can be made longer.
                self._judge(epoch, row.get("validation_loss", row["train_loss"]))
        torch._foreach_copy_(self.finite, self.current)
        self._snapshots.offer(self.step)
        self._epoch = epoch + 1
        self.check_patience()

    def check_patience(self) -> None:
        """Raise Stopped where the validation loss has found no new low for too long."""
        if self._stopping is not None and self._stopping.exhausted:
            raise Stopped

    @property
    def seconds(self) -> float:
        """Seconds of training since the start, without the pauses."""
        return time.perf_counter() - self._started - self._waited

    @property
    def changes(self) -> tuple[LearningRateChange, ...]:
        """Every change of the base rate that took effect, for the spec that the run is saved with."""
        return tuple(LearningRateChange(step=step, lr=lr) for step, lr in sorted(self.lr_changes.items()))

    def flush(self) -> None:
        """Move what was noted into the history; raises Diverged where a loss is not finite."""
        count = len(self._losses)
        self._flushed = time.perf_counter()
        self._due = self._save is not None and self._flushed - self._saved >= self._settings.checkpoint_seconds
        if not count:
            return
        losses, norms = torch.stack(self._losses).double().cpu().numpy(), np.full(count, np.nan)
        if self._norms:
            norms[list(self._norms)] = torch.stack(list(self._norms.values())).double().cpu().numpy()
        epochs, rates, seconds = np.full(count, float(self._epoch)), self._rates, np.array(self._seconds)
        self._losses, self._rates, self._seconds, self._norms = [], [], [], {}
        if (diverged := self._publish(losses, epochs, rates, norms, seconds)) is not None:
            raise diverged

    def _publish(
        self, losses: Column, epochs: Column, rates: Sequence[float], norms: Column, seconds: Column
    ) -> Diverged | None:
        """Move the steps that end with the newest one into the history, up to the first whose loss is not finite."""
        count, finite = len(losses), np.isfinite(losses)
        kept = count if finite.all() else int(np.argmin(finite)) + 1
        first = self.step - count + 1
        self._history.steps.append(
            {
                "step": np.arange(first, first + kept, dtype=float),
                "epoch": epochs[:kept],
                "train_loss": losses[:kept],
                "learning_rate": rates[:kept],
                "gradient_norm": norms[:kept],
                "seconds": seconds[:kept],
            }
        )
        if finite.all():
            return None
        self.step = first + kept - 1
        return Diverged(self.step, int(epochs[kept - 1]), rates[kept - 1], float(losses[kept - 1]))

    def _note_curves(self, row: dict[str, float], step: int, seconds: float) -> None:
        """Move what was measured after an epoch into the history; raises Diverged where the loss is not finite."""
        noted = row | {"epoch": self._epoch, "step": step, "seconds": seconds}
        self._history.epochs.append({name: [value] for name, value in noted.items()})
        if not np.isfinite(row["train_loss"]):
            raise Diverged(step, self._epoch, self._lr, row["train_loss"])

    def restore_finite(self) -> None:
        """Put back the weights and buffers of the end of the last finite epoch."""
        with torch.no_grad():
            torch._foreach_copy_(self.current, self.finite)

    def restore_best(self) -> EarlyStopping | None:
        """Put back the weights of the lowest validation loss; None where none were kept."""
        if not self._best:
            return None
        with torch.no_grad():
            torch._foreach_copy_(self.current, self._best)
        return self._stopping

    def state(self) -> dict[str, Any]:
        """What :meth:`load_state` needs; everything noted must be in the history."""
        return {
            "step": self.step,
            "base_lr": self._base_lr,
            "seconds": self.seconds,
            "finite": self.finite,
            "best": self._best,
            "schedule": self._factor.state() if isinstance(self._factor, WatchingFactor) else None,
            "stopping": None if self._stopping is None else self._stopping.state(),
        }

    def load_state(self, state: Mapping[str, Any], epoch: int) -> None:
        """Go on from a state of :meth:`state` in ``epoch`` (1-based)."""
        self.step, self._epoch, self._base_lr = state["step"], epoch, state["base_lr"]
        self._started -= state["seconds"]
        torch._foreach_copy_(self.finite, [t.to(f.device) for t, f in zip(state["finite"], self.finite, strict=True)])
        self._best = [t.to(f.device) for t, f in zip(state["best"], self.finite, strict=False)]
        if isinstance(self._factor, WatchingFactor):
            self._factor.load_state(state["schedule"])
        if self._stopping is not None:
            self._stopping.load_state(state["stopping"])
        self._set_rate()

    def _judge(self, epoch: int, loss: float) -> None:
        """Let schedule and early stopping know how it goes."""
        if isinstance(self._factor, WatchingFactor):
            self._factor.observe(loss)
        if self._stopping is not None and self._stopping.observe(epoch, loss):
            self._best = [t.clone() for t in self.current]

    def _measures(self, step: int) -> bool:
        every = self._settings.gradient_every
        return bool(every) and (step <= _ALWAYS_MEASURED or step % every == 0)

    def _obey(self) -> None:
        self.flush()
        lr = self._control.take_learning_rate()
        waits = self._control.paused and not self._control.cancelled
        began = time.perf_counter()
        if waits:
            self._on_event(Paused(self.step))
        try:
            self._control.obey(self._give_weights)
        finally:
            self._waited += time.perf_counter() - began
        if waits and not self._control.paused:
            self._on_event(Resumed(self.step))
        later = self._control.take_learning_rate()
        lr = lr if later is None else later
        if lr is not None:
            self._base_lr = lr
            self.lr_changes[self.step + 1] = lr
            self._set_rate()
            self._on_event(LearningRateChanged(self.step + 1, lr))

    def _give_weights(self) -> None:
        self._history.weights = weights_of(self._model, self.step)
        if self._control.take_moment_request():
            base = self._planned.get(self.step + 1, self._base_lr)
            rate = base if self._factor is None else base * self._factor(self.step)
            self._history.moment = moment_of(self._model, self._optimizer, self.step, rate)

    def _set_rate(self) -> None:
        self._apply_rate(self._base_lr if self._factor is None else self._base_lr * self._factor(self.step))

    def _apply_rate(self, lr: float) -> None:
        if lr != self._lr or not self._rates:
            self._lr = lr
            for group in self._optimizer.param_groups:
                group["lr"] = lr

    def _gradient_norm(self) -> Tensor:
        """Euclidean norm of the gradient over all parameters."""
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        return norm
