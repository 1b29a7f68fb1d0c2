"""How far the gradient of a batch points where the gradient of all rows does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.ensemble import Member

#: Batches that are drawn for each size.
_BATCHES = 24
#: The full gradient is that of at most so many rows.
_ROWS = 20_000


def cosines(spec: ExperimentSpec, dataset: Dataset, sizes: tuple[int, ...], member: Member | None) -> list[list[float]]:
    """Cosine between the gradient of random batches and that of all training rows, dropout left out.

    Args:
        spec: Model, loss and penalties.
        dataset: Of it.
        sizes: Rows of a batch; 0 for all.
        member: Whose final weights are used; the initial ones of ``spec`` when None.

    Returns:
        For each size one cosine a batch; empty where a gradient vanishes or is no number.
    """
    import torch

    from gdstudio.training.modules import build_model
    from gdstudio.training.objective import make_criterion, with_penalties
    from gdstudio.training.run import complete

    filled = complete(spec, dataset)
    device = torch.device("cpu")
    model = build_model(filled, dataset).eval()
    if member is not None:
        model.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in member.state.items()})
    objective = with_penalties(make_criterion(filled, dataset, device), model, filled)
    parameters = list(model.parameters())
    draw = np.random.default_rng(spec.training.seed)
    count = len(dataset.train)
    everything = np.arange(count) if count <= _ROWS else draw.choice(count, _ROWS, replace=False)
    features, target = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target)

    def gradient(rows: NDArray[np.intp]) -> torch.Tensor:
        loss = objective(model(features[rows]), target[rows])
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, parameters)]).double()

    full = gradient(everything)
    found = []
    for size in sizes:
        mine: list[float] = []
        for _ in range(1 if size == 0 or size >= count else _BATCHES):
            rows = everything if size == 0 or size >= count else draw.choice(count, size, replace=False)
            batch = gradient(rows)
            length = float(batch.norm() * full.norm())
            if np.isfinite(length) and length > 0:
                mine.append(float(batch @ full) / length)
        found.append(mine)
    return found
