"""The sections of an experiment that say how it is trained: regularization, length, portions, limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Frozen


class RegularizationSpec(Frozen):
    """What keeps a model simple; weight decay is the optimizer's own and label smoothing the loss's."""

    l1: float = setting(
        0.0,
        label="L1 penalty",
        log=True,
        ge=0,
        help="Adds λ·Σ|w| over the weights (not the biases) to the loss: draws small weights to zero. "
        "L1 and L2 together are the elastic net.",
    )
    proximal: bool = setting(
        False,
        label="Exact zeros",
        advanced=True,
        help="Takes L1 out of the gradient and instead, after each step, moves every weight by learning rate × λ "
        "towards zero and stops there (a proximal step; ISTA with plain SGD). Weights then become exactly zero, which "
        "gradient steps only come near. The loss curve has the penalty either way.",
    )
    l2: float = setting(
        0.0,
        label="L2 penalty",
        log=True,
        ge=0,
        help="Adds λ·Σw² over the weights (not the biases) to the loss: keeps all weights small.",
    )
    max_norm: float = setting(
        0.0,
        label="Max-norm",
        log=True,
        ge=0,
        advanced=True,
        help="After each step, weights that lead into one unit are scaled down together until their length is at most "
        "this; 3 is usual, 0 switches it off.",
    )
    input_noise: float = setting(
        0.0,
        label="Input noise",
        log=True,
        ge=0,
        advanced=True,
        help="Standard deviation of fresh normal noise that is added to every prepared input while training; numbers "
        "scaled to deviation 1 take 0.1 well, 0 switches it off.",
    )


#: Of the products in the layers while training.
Precision = Literal["float32", "tf32", "bf16"]


class LearningRateChange(Frozen):
    """A learning rate that a person set while the run was going."""

    step: int = Field(ge=1, description="The first step that used it.")
    lr: float = Field(gt=0)


def _as_text(value: Any) -> Any:
    """A JSON object as the text that the field holds."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else value


class TrainingSpec(Frozen):
    """How long, in what portions, on what."""

    epochs: int = setting(100, label="Epochs", help="How often every training row is seen.", ge=1, le=10_000_000)
    batch_size: int = setting(
        32,
        label="Batch size",
        ge=0,
        help="Rows per step: 1 is stochastic, n is mini-batch, 0 takes the full training part.",
    )
    seed: int = setting(
        0,
        label="Seed",
        ge=0,
        le=2**31 - 1,
        help="Decides the initial weights, the order of the rows and the dropout masks.",
    )
    threads: int = setting(
        1,
        label="Threads",
        ge=1,
        le=256,
        advanced=True,
        help="Processor threads inside one operation. Another number can change the last digits.",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto",
        label="Device",
        help="Where the numbers are computed.",
        labels={"auto": "Automatic", "cpu": "Processor (CPU)", "cuda": "Graphics card (CUDA)"},
    )
    precision: Precision = setting(
        "float32",
        label="Precision",
        help="Of the products in the layers while training. TF32 and bfloat16 are quicker on graphics cards that have "
        "them, bfloat16 on some processors too, and round more; weights, loss and scores stay in float32.",
        labels={"float32": "Full (float32)", "tf32": "TF32, on graphics cards", "bf16": "Mixed (bfloat16)"},
        advanced=True,
    )
    shuffle: bool = setting(
        True, label="Shuffle each epoch", help="Draws a new order of the rows for every epoch.", advanced=True
    )
    gradient_every: int = setting(
        10,
        label="Gradient norm every",
        unit="steps",
        ge=0,
        advanced=True,
        help="How often the gradient's norm is measured after the first 100 steps; 0 is never.",
    )
    evaluate_every: int = setting(
        1,
        label="Evaluate every",
        unit="epochs",
        ge=1,
        advanced=True,
        help="How often loss and accuracy of the training and validation parts are measured.",
    )
    evaluate_rows: int = setting(
        10_000,
        label="Evaluate on at most",
        unit="rows",
        ge=1,
        advanced=True,
        help="Rows of each part that the curves are measured on. Final scores always use every row.",
    )
    capture: Literal["auto", "on", "off"] = setting(
        "auto",
        label="Record the step",
        help="Records a step's operations once and replays them, with the same numbers in less time, where it pays.",
        labels={"auto": "Where it pays", "on": "Always", "off": "Never"},
        advanced=True,
    )
    patience: int = setting(
        0,
        label="Stop early after",
        unit="epochs",
        ge=0,
        le=10_000_000,
        help="Ends the run when the validation loss has found no new low for so many epochs, and takes the weights of "
        "the lowest; 0 never stops early.",
    )
    min_delta: float = setting(
        0.0,
        label="Counts as lower by",
        ge=0,
        log=True,
        advanced=True,
        help="The validation loss must fall by more than this below its lowest to count as a new low.",
    )
    clip_norm: float = setting(
        0.0,
        label="Clip gradient norm",
        ge=0,
        log=True,
        advanced=True,
        help="Scales a gradient that is longer than this down to it, against sudden jumps; 0 switches it off.",
    )
    clip_value: float = setting(
        0.0,
        label="Clip gradient values",
        ge=0,
        log=True,
        advanced=True,
        help="Cuts each value of the gradient to at most this size, after clipping by norm; 0 switches it off.",
    )
    class_weights: Literal["none", "balanced", "given"] = setting(
        "none",
        label="Class weights",
        help="How much a row counts in the loss by its class. Balanced counts rare classes more: n / (classes × rows "
        "of the class) of the training part.",
        labels={"none": "All rows alike", "balanced": "Balanced", "given": "As given"},
        advanced=True,
    )
    class_weight_values: Annotated[str, BeforeValidator(_as_text)] = setting(
        "",
        label="Weights",
        help="A weight for each class, e.g. no=1, yes=4; a class that is not named counts 1.",
        visible_when=("class_weights", ("given",)),
        advanced=True,
        max_length=10_000,
    )
    checkpoint_seconds: float = setting(
        30.0,
        label="Checkpoint every",
        unit="s",
        ge=0,
        advanced=True,
        help="How often a run that writes to a folder saves all that it needs to go on after a crash; 0 is never. "
        "It changes no number.",
    )
    lr_changes: tuple[LearningRateChange, ...] = setting(
        (), label="Learning-rate changes", help="Changes made by hand during the run.", hidden=True
    )
