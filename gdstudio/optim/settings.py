"""Settings and texts that several optimizers share, so that each is explained in the same words."""

from __future__ import annotations

from typing import Any

from gdstudio.core.fields import setting

#: What weight decay means where the optimizer adds it to the gradient.
COUPLED_DECAY = (
    "Weight decay here adds λ·w to the gradient, so it passes through everything that the optimizer does to gradients. "
    "It draws all parameters, the biases too, towards zero. The L2 penalty of the regularization section is added "
    "to the loss instead, for the weights only, and shows in the loss curve."
)
#: … and where it shrinks the weights directly.
DECOUPLED_DECAY = (
    "Weight decay here is decoupled: each step shrinks every parameter, the biases too, by η·λ of itself, whatever its "
    "gradient. An L2 penalty is part of the loss and is rescaled by the optimizer like every gradient, so "
    "the two are not the same here."
)

#: Symbols that nearly every formula uses.
ETA = (r"\eta", "learning rate")
THETA = (r"\theta_t", "parameters after step t")
GRADIENT = ("g_t", "gradient at step t")
LAMBDA = (r"\lambda", "weight decay")
EPSILON = (r"\epsilon", "a small number against division by zero")


def lr_setting(default: float, note: str = "") -> Any:
    """The learning rate.

    Args:
        default: The optimizer's usual one, raised a little where a linear model on a table of 1,000 rows would
            otherwise fall short after 30 epochs (Adam on the purchase sample: test ROC AUC 0.903 at torch's 0.001,
            0.928 at 0.002, 0.931 when converged), and no further, since networks then overfit small tables sooner.
        note: A sentence on what is special here.
    """
    help_text = "Size of the steps: too large and the loss jumps or grows, too small and it hardly falls."
    return setting(default, label="Learning rate", help=f"{help_text} {note}".strip(), gt=0, le=1000, log=True)


def coupled_decay(default: float = 0.0) -> Any:
    """Weight decay that is added to the gradient."""
    return setting(
        default,
        label="Weight decay",
        help="Adds this times the parameter to its gradient, which draws parameters towards zero; 0 switches it off.",
        ge=0,
        log=True,
    )


def decoupled_decay(default: float = 0.01) -> Any:
    """Weight decay that shrinks parameters beside the gradient step."""
    return setting(
        default,
        label="Weight decay",
        help="Shrinks each parameter by learning rate × this, beside the step along the gradient; 0 switches it off.",
        ge=0,
        log=True,
    )


def beta_setting(default: float, label: str, help: str) -> Any:
    """A share that a running average keeps of its past."""
    return setting(default, label=label, help=help, ge=0, lt=1, advanced=True)


def beta1_setting() -> Any:
    """Memory of the average gradient."""
    return beta_setting(
        0.9, "Beta 1", "Share of the average gradient that is kept at each step; 0.9 remembers about 10 steps."
    )


def beta2_setting() -> Any:
    """Memory of the average squared gradient."""
    return beta_setting(
        0.999,
        "Beta 2",
        "Share of the average squared gradient that is kept at each step; 0.999 remembers about 1,000 steps.",
    )


def eps_setting(default: float = 1e-8) -> Any:
    """The number that is added to a divisor."""
    return setting(
        default, label="Epsilon", help="Added to the divisor against division by zero.", gt=0, log=True, advanced=True
    )
