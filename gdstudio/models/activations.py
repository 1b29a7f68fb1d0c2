"""The activations a network can have: what they are called, how they are made, what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import nn

#: The keys that are persisted.
ActivationName = Literal["identity", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]


@dataclass(frozen=True)
class Activation:
    """One activation.

    Attributes:
        key: The name that is persisted.
        label: What the window shows.
        build: Makes the module; imports torch.
        formula: LaTeX of its definition.
        help: What it does and when to try it.
    """

    key: ActivationName
    label: str
    build: Callable[[], nn.Module]
    formula: str
    help: str


def _make(name: str) -> Callable[[], nn.Module]:
    """A factory of ``torch.nn.<name>`` with its defaults."""

    def build() -> nn.Module:
        from torch import nn

        module: nn.Module = getattr(nn, name)()
        return module

    return build


_ALL = (
    Activation(
        "identity",
        "Identity",
        _make("Identity"),
        r"f(x) = x",
        "Passes its input on. However many layers it has, such a network can only draw straight boundaries: try it to "
        "see what activations are for.",
    ),
    Activation(
        "relu",
        "ReLU",
        _make("ReLU"),
        r"f(x) = \max(0, x)",
        "Cuts off everything below zero. Fast, and the usual first choice. A unit whose input is negative for every "
        "row no longer learns; leaky ReLU avoids that.",
    ),
    Activation(
        "leaky_relu",
        "Leaky ReLU",
        _make("LeakyReLU"),
        r"f(x) = \max(0.01\,x,\; x)",
        "ReLU that lets a hundredth through below zero, so that no unit stops learning for good.",
    ),
    Activation(
        "elu",
        "ELU",
        _make("ELU"),
        r"f(x) = \begin{cases} x & x > 0 \\ e^{x} - 1 & x \leq 0 \end{cases}",
        "Bends smoothly towards −1 below zero, which keeps the mean of the units nearer to zero than ReLU does.",
    ),
    Activation(
        "gelu",
        "GELU",
        _make("GELU"),
        r"f(x) = x \, \Phi(x)",
        "The input times the share of a standard normal distribution that lies below it: a smooth ReLU, usual in "
        "transformers.",
    ),
    Activation(
        "silu",
        "SiLU",
        _make("SiLU"),
        r"f(x) = \frac{x}{1 + e^{-x}}",
        "The input times its logistic function, also called swish: smooth, and slightly negative just below zero.",
    ),
    Activation(
        "tanh",
        "tanh",
        _make("Tanh"),
        r"f(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
        "Squeezes its input between −1 and 1. Draws smooth boundaries; many layers of it make gradients vanish.",
    ),
    Activation(
        "sigmoid",
        "Sigmoid",
        _make("Sigmoid"),
        r"f(x) = \frac{1}{1 + e^{-x}}",
        "Squeezes its input between 0 and 1. Its slope is at most 1/4, so gradients shrink with every layer: try it in "
        "a deep network to watch that happen.",
    ),
)

#: Key → activation, in the order in which lists show them.
ACTIVATIONS: Mapping[str, Activation] = {activation.key: activation for activation in _ALL}
