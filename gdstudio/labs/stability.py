"""Where descent stops being stable: the edge that runs find, and the one that the curvature foretells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gdstudio.labs import measures

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.labs.entry import Progress

#: The edge is known when the two rates beside it differ by no more than this share.
_CLOSE = 0.01
#: Rates that are tried between the two at once: runs that train together cost little more than one.
_BETWEEN = 7
#: With full batches an epoch is one step, and beyond the edge the loss needs some to rise.
_LEAST_EPOCHS = 400


def edge_of(
    spec: ExperimentSpec,
    dataset: Dataset,
    rates: Sequence[float],
    broken: Sequence[bool],
    control: RunControl,
    progress: Progress,
) -> tuple[float, float] | None:
    """The last stable and the first diverged rate, no more than 1 % apart.

    The interval between the last stable rate and the first that diverged is cut into eight, again and again; the runs
    have the experiment's own seed.

    Args:
        spec: The experiment.
        dataset: Of it.
        rates: Ascending.
        broken: Which of them diverged.
        control: A cancel ends it with what is known so far.
        progress: Called with the share that is done.

    Returns:
        The two rates; None where none diverged or all did.
    """
    from gdstudio.training.ensemble import run_many

    first = next((i for i, bad in enumerate(broken) if bad), None)
    if first is None or first == 0:
        return None
    low, high = float(rates[first - 1]), float(rates[first])
    size = spec.training.batch_size
    full = size == 0 or size >= len(dataset.train)
    epochs = max(spec.training.epochs, _LEAST_EPOCHS) if full else spec.training.epochs
    rounds = max(1, int(np.ceil(np.log(np.log(high / low) / _CLOSE) / np.log(_BETWEEN + 1))))
    for number in range(rounds):
        tried = np.geomspace(low, high, _BETWEEN + 2)[1:-1]
        specs = [spec.with_values({"optimizer.lr": float(r), "training.epochs": epochs}) for r in tried]
        members = run_many(specs, dataset, control=control)
        if control.cancelled:
            break
        per_epoch = measures.steps_per_epoch(members[0], len(dataset.train))
        bad = [measures.grows(m, measures.epoch_means(m, per_epoch)) for m in members]
        edges = [low, *(float(r) for r in tried), high]
        place = next((i for i, b in enumerate(bad) if b), len(bad))
        low, high = edges[place], edges[place + 1]
        progress((number + 1) / rounds)
    return low, high


def rate_limit(spec: ExperimentSpec, dataset: Dataset) -> float | None:
    """``2/λmax`` of the training loss with its penalties, at the initial weights of ``spec``, guesses filled in.

    Source: LeCun, Bottou, Orr, Müller (1998), Efficient BackProp, section 5.1.
    """
    from gdstudio.training.landscape import curvature_of, problem_of
    from gdstudio.training.modules import build_model

    model = build_model(spec, dataset)
    measured = curvature_of(problem_of(spec, dataset, model, penalties=True), probes=2)
    return None if measured is None else measured.largest_rate
