"""What optimizers, schedules and initializers declare."""

from __future__ import annotations

from dataclasses import dataclass

from gdstudio.core.registry import Entry


@dataclass(frozen=True, kw_only=True)
class OptimizerEntry(Entry):
    r"""An optimizer.

    ``build(settings, parameters) -> torch.optim.Optimizer``. Its settings model has a field ``lr``.

    Attributes:
        symbols: Symbol in the formula → what it is, e.g. ``((r"\eta", "learning rate"),)``.
        needs_closure: Whether ``step`` must be given a function that computes loss and gradients anew.
    """

    symbols: tuple[tuple[str, str], ...] = ()
    needs_closure: bool = False


@dataclass(frozen=True, kw_only=True)
class ScheduleEntry(Entry):
    """A schedule: what the learning rate is multiplied with, step by step.

    ``build(settings, total_steps, steps_per_epoch) -> Callable[[int], float]`` from the 0-based number of
    the step to a factor; pure, so that a resumed run needs to know its step alone. One that must watch the
    loss is a :class:`~gdstudio.optim.schedule_base.WatchingFactor`, whose state is saved with the run.
    """


@dataclass(frozen=True, kw_only=True)
class InitializerEntry(Entry):
    """How weights and biases are drawn.

    ``build(settings, nonlinearity) -> Callable[[nn.Linear, torch.Generator], None]`` fills one layer's
    ``weight`` and ``bias`` in place from that generator alone; ``nonlinearity`` is the activation's key.
    """
