"""What laboratories read off the losses of runs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError

if TYPE_CHECKING:
    from gdstudio.training.ensemble import Member

_MOST_RUNS = 10_000


def epoch_means(member: Member, steps_per_epoch: int) -> NDArray[np.float64]:
    """``(epochs,)`` mean loss of each epoch's batches; an epoch that was cut short counts with what it has."""
    losses = member.losses
    starts = np.arange(0, len(losses), steps_per_epoch)
    if not len(losses):
        return np.empty(0)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.add.reduceat(losses, starts) / np.diff(np.append(starts, len(losses)))


def diverged(member: Member, means: NDArray[np.float64]) -> bool:
    """Whether the loss stopped being a number, or the last epoch's mean lies above the loss of the first step."""
    return member.status == "diverged" or bool(len(means) and not means[-1] <= member.losses[0])


def grows(member: Member, means: NDArray[np.float64]) -> bool:
    """Whether it diverged, or its loss rose in every one of the last quarter of its epochs, of which it has 20.

    The second tells what a run just beyond the edge does while its loss is still below the first step's; losses of
    batches that differ do not rise so steadily by chance.
    """
    if diverged(member, means):
        return True
    return len(means) >= 20 and bool((np.diff(means[-len(means) // 4 :]) > 0).all())


def check_runs(count: int) -> None:
    """Refuse more runs than one can wait for.

    Raises:
        StudioError: There are more than 10,000, or none.
    """
    if not 0 < count <= _MOST_RUNS:
        raise StudioError(
            f"That would be {count:,} runs, and a laboratory takes 1 to {_MOST_RUNS:,}.",
            "Give fewer cases, or fewer seeds for each." if count else "Give at least one case.",
        )


def target_loss(members: Sequence[Member], means: Sequence[NDArray[np.float64]], share: float) -> float | None:
    """The loss that lies at ``share`` of the best fall from the first step's loss; None where every run diverged."""
    good = [i for i, member in enumerate(members) if len(means[i]) and not diverged(member, means[i])]
    if not good:
        return None
    start = float(np.median([member.losses[0] for member in members if len(member.losses)]))
    return start - share * (start - min(float(means[i].min()) for i in good))


def iterations_to(means: NDArray[np.float64], target: float, steps_per_epoch: int) -> int | None:
    """Steps until an epoch's mean loss is at or below ``target``; None where it never is."""
    reached = np.flatnonzero(means <= target)
    return int((reached[0] + 1) * steps_per_epoch) if len(reached) else None


def oscillation(means: NDArray[np.float64]) -> float:
    """Share of the epochs at which the loss turns, counting turns of more than 1 % of its whole fall."""
    finite = means[np.isfinite(means)]
    if len(finite) < 4:
        return 0.0
    moves = np.diff(finite)
    moves = moves[np.abs(moves) > 0.01 * max(float(finite[0] - finite.min()), 1e-12)]
    return float(np.mean(np.sign(moves[1:]) != np.sign(moves[:-1]))) if len(moves) > 1 else 0.0


def middle(values: Sequence[float | int | None]) -> float | None:
    """The median of what is known; None where less than half is."""
    known = [v for v in values if v is not None]
    return float(median(known)) if 2 * len(known) >= len(values) and known else None


def run_row(number: int, member: Member, means: NDArray[np.float64], **extra: Any) -> dict[str, Any]:
    """A row of runs.csv; what is not a finite number is None."""
    row: dict[str, Any] = {"run": number, **extra, "status": member.status, "steps": len(member.losses)}
    row["last_loss"] = float(means[-1]) if len(means) else None
    row.update(member.curves)
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}


def curve_rows(number: int, means: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Rows of curves.csv."""
    return [(number, epoch + 1, float(value)) for epoch, value in enumerate(means)]


def steps_per_epoch(member: Member, rows: int) -> int:
    """Steps that an epoch of this member has on ``rows`` training rows."""
    size = member.spec.training.batch_size
    return 1 if size == 0 or size >= rows else -(-rows // size)
