"""How much larger weights must be so that a signal keeps its size through an activation."""

from __future__ import annotations

#: Torch knows no factor for these; they are ReLU but for a rounded corner.
_LIKE_RELU = ("elu", "gelu", "silu")


def gain(nonlinearity: str) -> float:
    """The factor that torch recommends for an activation (``torch.nn.init.calculate_gain``).

    Args:
        nonlinearity: An activation's key.
    """
    from torch.nn.init import calculate_gain

    name = "linear" if nonlinearity == "identity" else "relu" if nonlinearity in _LIKE_RELU else nonlinearity
    return float(calculate_gain(name, 0.01 if name == "leaky_relu" else None))  # type: ignore[arg-type]
