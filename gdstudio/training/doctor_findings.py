"""The doctor's sentences: each states the number it rests on, and carries the edits that a trial would make."""

from __future__ import annotations

from collections.abc import Mapping

from gdstudio.evaluation.diagnosis import Finding
from gdstudio.evaluation.health import times


def symmetric(layer: int, units: int) -> Finding:
    """All units of a layer begin alike, and so stay alike."""
    return Finding(
        "symmetric_weights",
        f"All {units} units of layer {layer} begin with the same weights, so they get the same gradients and stay "
        "copies of one another.",
        {"initializer.kind": "he_uniform"},
        "Draw the initial weights at random (He, uniform)",
    )


def feature_scale(wide: str, widest: float, narrow: str, narrowest: float, scale: str) -> Finding:
    """One column dwarfs the others."""
    clips = scale != "none"
    return Finding(
        "feature_scale",
        f"Column {wide!r} has deviation {widest:.3g}, {narrow!r} {narrowest:.3g}: {times(widest / narrowest)} times "
        "apart. No single learning rate suits both.",
        {"data.preparation.clip": "quantiles"} if clips else {"data.preparation.scale": "standard"},
        "Clip outliers to 1 % and 99 %" if clips else "Scale numbers to mean 0, deviation 1",
    )


def target_scale(target: str, width: float) -> Finding:
    """The target's numbers are large."""
    return Finding(
        "target_scale",
        f"The target {target!r} has a typical size of {width:.3g} as it is trained on, where about 1 is expected: "
        "losses and gradients are as much larger.",
        {"data.preparation.scale_target": True},
        "Scale the target",
    )


def penalty(share: float, before: float, after: float, factors: Mapping[str, float]) -> Finding:
    """The penalty is what the run lowers."""
    used = {path: value for path, value in factors.items() if value}
    return Finding(
        "penalty",
        f"The penalty is {share:.0%} of what the run lowers at its start, and the weights' norm went from {before:.3g} "
        f"to {after:.3g}.",
        {path: rounded(value / 1000) for path, value in used.items()},
        "Take a thousandth of the penalty",
    )


def idle(layer: int, start: float, end: float, saturates: bool, lr: float) -> Finding:
    """Units that no longer learn."""
    numbers = f"{end:.0%} of layer {layer}'s units, {start:.0%} before training,"
    if saturates:
        return Finding(
            "saturated_units",
            f"{numbers} lie on the flat ends of their activation for nearly every row.",
            {"initializer.kind": "xavier_uniform"},
            "Begin with smaller weights (Xavier, uniform)",
        )
    return Finding(
        "dead_units",
        f"{numbers} give 0 for every row, and no longer learn.",
        {"model.activation": "leaky_relu", "optimizer.lr": rounded(lr / 10)},
        f"Take leaky ReLU and a learning rate of {lr / 10:.2g}",
    )


def vanishing(first: float, last: float, layers: int) -> Finding:
    """The first layer hardly moves."""
    smaller = f"{times(last / first)} times smaller than" if first else "zero, against those of"
    return Finding(
        "vanishing_gradients",
        f"Before training, layer 1's gradients ({first:.1e}) are {smaller} layer {layers}'s ({last:.1e}).",
        {"model.activation": "relu", "initializer.kind": "he_uniform"},
        "Take ReLU with He's initial weights",
    )


def too_high(lr: float, limit: float, momentum: float, where: str) -> Finding:
    """Above what curvature allows."""
    return Finding(
        "rate_too_high",
        f"The learning rate {lr:.3g} is {times(lr / limit)} times the limit {_limit(momentum)} = {limit:.3g} {where}; "
        "above it gradient descent moves away.",
        {"optimizer.lr": rounded(limit / 4)},
        f"Take a learning rate of {limit / 4:.2g}",
    )


def too_low(lr: float, limit: float, momentum: float) -> Finding:
    """Far below what curvature allows."""
    return Finding(
        "rate_too_low",
        f"The learning rate {lr:.3g} is only {lr / limit:.1g} of the limit {_limit(momentum)} = {limit:.3g}: the steps "
        "are too short to get anywhere.",
        {"optimizer.lr": rounded(limit / 4)},
        f"Take a learning rate of {limit / 4:.2g}",
    )


def updates_too_large(lr: float, ratio: float, when: str) -> Finding:
    """Steps as large as the weights."""
    lower = rounded(lr * 0.005 / ratio)
    return Finding(
        "rate_too_high",
        f"With learning rate {lr:.3g} a step typically changed a layer's weights by {times(ratio)} times their size "
        f"{when}.",
        {"optimizer.lr": lower},
        f"Take a learning rate of {lower:g}",
    )


def updates_too_small(lr: float, ratio: float) -> Finding:
    """Steps that are nothing."""
    higher = rounded(lr * 0.003 / ratio)
    return Finding(
        "rate_too_low",
        f"With learning rate {lr:.3g} a typical step changed a layer's weights by only {ratio:.1g} of their size.",
        {"optimizer.lr": higher},
        f"Take a learning rate of {higher:g}",
    )


def batch_noise(size: int, ratio: float) -> Finding:
    """Batches disagree."""
    return Finding(
        "batch_noise",
        f"The gradient of a batch of {size} differs from that of all rows by {times(ratio)} times the latter's length.",
        {"training.batch_size": size * 16},
        f"Take a batch of {size * 16}",
    )


def batch_limit(
    size: int, lr: float, whole: float, over: int, looked_at: int, lowest: float, momentum: float
) -> Finding:
    """What all rows together bear, single batches do not."""
    return Finding(
        "batch_noise",
        f"The learning rate {lr:.3g} is below the limit {_limit(momentum)} = {whole:.3g} of all rows, but above that "
        f"of {over} of {looked_at} batches of {size} (the lowest is {lowest:.3g}): single batches overshoot.",
        {"training.batch_size": size * 16},
        f"Take a batch of {size * 16}",
    )


def rare_class(name: str, share: float, count: int) -> Finding:
    """A class that is never predicted."""
    return Finding(
        "class_imbalance",
        f"Class {name!r} has {share:.1%} of the training rows ({count}), and the model predicts it for none of them.",
        {"training.class_weights": "balanced"},
        "Let rare classes count more",
    )


def rounded(value: float) -> float:
    """Two significant digits, which is as much as a remedy means."""
    return float(f"{value:.2g}")


def _limit(momentum: float) -> str:
    return "2(1+momentum)/λmax" if momentum else "2/λmax"
