"""From a run to the problem that its landscape is of, and to the path through it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.core.errors import StudioError
from gdstudio.core.history import Weights
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.evaluation.curvature import Curvature, curvature, sharpness
from gdstudio.evaluation.landscape.problem import Measure, Problem
from gdstudio.evaluation.landscape.vectors import vector_from, vector_of
from gdstudio.training.modules import loss_entry
from gdstudio.training.objective import make_criterion
from gdstudio.training.run_folder import SavedRun

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

#: More rows than this change the picture less than a line is wide.
SAMPLE_ROWS = 20_000
#: The Hessian is measured on at most so many rows.
_CURVATURE_ROWS = 5_000
#: Random vectors for the trace at each of many snapshots.
_PROBES = 12


def problem_of(
    spec: ExperimentSpec,
    dataset: Dataset,
    model: nn.Module,
    *,
    on: str = "train",
    measure: Measure = "loss",
    penalties: bool = False,
    rows: int = SAMPLE_ROWS,
) -> Problem:
    """What is measured over a plane.

    Args:
        spec: The run's, with its loss filled in.
        dataset: Of the run.
        model: The trained one, on the CPU.
        on: ``train``, ``validation`` or ``test``.
        measure: ``loss`` or ``accuracy``.
        penalties: Whether the penalties are added to the loss.
        rows: A larger part is sampled.

    Raises:
        StudioError: The part has no rows, or the measure does not fit.
    """
    part = dataset.parts[on]
    if not len(part):
        raise StudioError(f"The {on} part has no rows.", "Choose train, or train with a share for it.")
    entry = loss_entry(spec)
    plain = spec.training.class_weights == "none"
    return Problem(
        model,
        make_criterion(spec, dataset, torch.device("cpu")),
        torch.from_numpy(part.features),
        torch.from_numpy(part.target),
        measure,
        spec.regularization.l1 if penalties else 0.0,
        spec.regularization.l2 if penalties else 0.0,
        each=entry.each(spec.loss) if entry.each is not None and plain else None,
    ).sampled(rows)


def path_of(model: nn.Module, snapshots: Sequence[Weights]) -> list[Tensor]:
    """The weights ``(p,)`` along a run, the last being the model's own."""
    path = [vector_from(s.state, model, f"The weights after step {s.step}") for s in snapshots]
    last = vector_of(model)
    if not path or not torch.equal(path[-1], last):
        path.append(last)
    return path


def curvature_of(problem: Problem, **options: Any) -> Curvature | None:
    """The curvature at the model's own weights, of the loss with the problem's penalties; see :func:`curvature`."""
    return curvature(*_in_double(problem), **options)


def sharpness_of(problem: Problem) -> float:
    """How far the loss rises by a short step up its gradient; see :func:`sharpness`."""
    return sharpness(*_in_double(problem))


def _in_double(problem: Problem) -> tuple[Callable[[], Tensor], list[nn.Parameter]]:
    """The loss and what it depends on.

    Curvature is a difference of differences: single precision would leave few digits of the small eigenvalues.
    """
    from gdstudio.optim.penalties import penalty

    small = problem.sampled(_CURVATURE_ROWS)
    model = small.own_model().double()
    parameters = list(model.requires_grad_(True).parameters())
    features = small.features.double()
    target = small.target.double() if small.target.is_floating_point() else small.target

    def loss() -> Tensor:
        value = small.criterion(model(features), target)
        return value + penalty(parameters, small.l1, small.l2) if small.l1 or small.l2 else value

    return loss, parameters


@dataclass(frozen=True)
class CurvatureAt:
    """How the loss curved at one moment of a run.

    Attributes:
        step: Steps that had been taken.
        rate: Learning rate of the step that followed; of the last one at the end.
        curvature: Of the training loss with its penalties.
        sharpness: Rise of that loss by a step of 0.05 up its gradient.
    """

    step: int
    rate: float
    curvature: Curvature
    sharpness: float


def curvature_along(
    result: RunResult,
    *,
    most: int = 12,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> Iterator[CurvatureAt]:
    """Measure the curvature at snapshots of a run, evenly spread over those that were kept, oldest first.

    Args:
        result: The run, which is left as it is.
        most: So many snapshots at most.
        cancelled: Is asked between products with the Hessian; nothing more comes once it says so.
        progress: Hears the share that is done, 0 … 1.

    Raises:
        StudioError: The run kept no snapshots, or weights are not finite.
    """
    snapshots = result.snapshots
    if not snapshots:
        raise StudioError("This run kept no weights on its way, so its curvature cannot be followed.", "Train again.")
    chosen = np.unique(np.linspace(0, len(snapshots) - 1, most).round().astype(int)).tolist()
    columns = result.history.steps.snapshot()
    steps, rates = columns["step"], columns["learning_rate"]
    problem = problem_of(result.spec, result.dataset, result.model, penalties=True).sampled(_CURVATURE_ROWS)
    for number, index in enumerate(chosen):
        progress(number / len(chosen))
        weights = snapshots[index]
        vector_from(weights.state, result.model, f"The weights after step {weights.step}")
        model = problem.own_model()
        model.load_state_dict({name: torch.as_tensor(np.asarray(value)) for name, value in weights.state.items()})
        here = replace(problem, model=model)
        measured = curvature_of(here, probes=_PROBES, cancelled=cancelled)
        if measured is None:
            return
        row = min(int(np.searchsorted(steps, weights.step, side="right")), len(rates) - 1)
        yield CurvatureAt(weights.step, float(rates[row]) if len(rates) else math.nan, measured, sharpness_of(here))


def data_of(run: SavedRun) -> Dataset:
    """The very data that a saved run was trained on.

    Raises:
        StudioError: They are gone, or are other data now.
    """
    path = run.folder / "environment.json"
    try:
        known = str(json.loads(path.read_text(encoding="utf-8"))["data_hash"])
    except (OSError, ValueError, KeyError, TypeError):
        raise StudioError(f"{path} is missing or damaged, so nothing says which data the run was trained on.") from None
    table = load_table(run.spec.data.source)
    if table.data_hash != known:
        raise StudioError(
            f"The data of the run in {run.folder} have changed: their hash was {known[:12]}… and is "
            f"{table.data_hash[:12]}… now.",
            "Put the old data back, or train again.",
        )
    return prepare(run.spec.data, table)
