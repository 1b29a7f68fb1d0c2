"""A model's parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gdstudio.core.errors import StudioError


def vector_of(model: nn.Module) -> Tensor:
    """All parameters ``(p,)`` in the module's order, a copy on the CPU.

    Raises:
        StudioError: One of them is not a finite number.
    """
    return _checked(torch.cat([p.detach().cpu().reshape(-1) for p in model.parameters()]), "The model")


def vector_from(state: Mapping[str, Any], model: nn.Module, name: str = "The weights") -> Tensor:
    """The parameters ``(p,)`` of a state that was kept of such a model; its buffers are left out.

    Args:
        state: Name → array or tensor, as in the module's ``state_dict``.
        model: Whose names and shapes count.
        name: How sentences speak of the state.

    Raises:
        StudioError: The state is of another model, or not finite.
    """
    pieces = []
    for key, parameter in model.named_parameters():
        piece = state.get(key)
        if piece is None or tuple(piece.shape) != tuple(parameter.shape):
            shape = "no such layer" if piece is None else f"the shape {tuple(piece.shape)}"
            raise StudioError(
                f"{name}: {key} has {shape}, and the model needs {tuple(parameter.shape)}.",
                "A plane goes through weights of one architecture; choose runs with equal layers.",
            )
        pieces.append(torch.as_tensor(np.asarray(piece)).to(parameter.dtype).reshape(-1))
    return _checked(torch.cat(pieces), name)


def load_vector(model: nn.Module, vector: Tensor) -> None:
    """Put a vector's numbers into the model's parameters."""
    start = 0
    with torch.no_grad():
        for parameter in model.parameters():
            count = parameter.numel()
            parameter.copy_(vector[start : start + count].view_as(parameter))
            start += count


def _checked(vector: Tensor, name: str) -> Tensor:
    broken = int((~torch.isfinite(vector)).sum())
    if broken:
        raise StudioError(
            f"{name}: {broken:,} of {len(vector):,} weights are not finite numbers, so there is no loss to map.",
            "Train again with a smaller learning rate.",
        )
    return vector
