"""A linear model's coefficients in the units of the source, and the least squares that they should reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from gdstudio.data.preparation import Preparation, PreparedColumn
from gdstudio.evaluation.explain.predictor import Floats


@dataclass(frozen=True)
class Term:
    """One input of a linear model as a person knows it: the input is ``(u - center) / scale``.

    Attributes:
        name: Of the input, e.g. ``"education = master"``.
        column: Its raw column.
        unit: What one step of ``u`` is, in words.
    """

    name: str
    column: str
    unit: str
    center: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Coefficients:
    """``intercept + Σ value · u``, in the target's own unit or in log odds.

    Attributes:
        terms: The ``d`` inputs.
        values: ``(d, k)``, one column for a regression or two classes, otherwise one a class.
        intercept: ``(k,)``, at ``u = 0`` everywhere.
        outputs: ``k`` names: the target, the positive class, or each class.
        kind: ``value`` in the target's own unit, ``log_odds``, or ``score`` without a unit.
    """

    terms: tuple[Term, ...]
    values: Floats
    intercept: Floats
    outputs: tuple[str, ...]
    kind: str

    @property
    def odds_ratios(self) -> Floats | None:
        """``(d, k)``: by what one step multiplies the odds; None where the coefficients are no log odds."""
        if self.kind != "log_odds":
            return None
        with np.errstate(over="ignore"):
            return cast(Floats, np.exp(self.values))


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """The best least squares can do on the same rows, beside what training reached.

    Attributes:
        coefficients: In raw units, as the model's.
        unique: Whether no other coefficients fit as well.
        difference: Largest difference of a prediction on the training rows, as a share of the target's deviation.
        coefficient_difference: Largest difference of a coefficient, as a share of the largest one, both per standard
            deviation of the input; None where the coefficients are not unique.
    """

    coefficients: Coefficients
    unique: bool
    difference: float
    coefficient_difference: float | None


def linear_weights(model: nn.Module) -> tuple[Floats, Floats] | None:
    """Weights ``(k, d)`` and biases ``(k,)`` of a model that is a single linear layer; None for any other."""
    layers = [module for module in model.modules() if not isinstance(module, nn.Sequential)]
    if len(layers) != 1 or not isinstance(layers[0], nn.Linear):
        return None
    weight = layers[0].weight.detach().cpu().double().numpy()
    bias = layers[0].bias
    return weight, np.zeros(len(weight)) if bias is None else bias.detach().cpu().double().numpy()


def raw_coefficients(
    weight: Floats, bias: Floats, preparation: Preparation, *, loss: str, target_name: str = ""
) -> Coefficients:
    """Undo every scaling.

    Args:
        weight: ``(k, d)`` of the prepared inputs.
        bias: ``(k,)``.
        preparation: Of the model.
        loss: Key of the loss: cross-entropies give log odds.
        target_name: For a regression; the preparation's when empty.

    Of several outputs only differences count (softmax does not change when all rise alike), so their coefficients are
    given from the mean over the classes, as glmnet does (Friedman, Hastie, Tibshirani 2010, section 4); of two outputs
    as the second from the first. Likewise of a category's inputs, of which one is always 1: theirs are given from their
    mean, which goes into the intercept.
    """
    weight, bias = _from_means(weight, bias, preparation)
    terms = tuple(term for column in preparation.columns for term in _terms(column))
    centers, scales = (np.array([getattr(t, a) for t in terms], dtype=np.float64) for a in ("center", "scale"))
    if preparation.task == "regression":
        weight, bias = weight * preparation.target_scale, bias * preparation.target_scale + preparation.target_center
        outputs: tuple[str, ...] = (target_name or preparation.target,)
        kind = "value"
    else:
        if len(preparation.classes) == 2:
            if len(weight) == 2:
                weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
            outputs = (preparation.classes[-1],)
        else:
            weight, bias = weight - weight.mean(axis=0), bias - bias.mean()
            outputs = preparation.classes
        kind = "log_odds" if loss in ("binary_cross_entropy", "cross_entropy") and len(outputs) == 1 else "score"
    raw = weight / scales
    return Coefficients(terms, raw.T, bias - raw @ centers, outputs, kind)


def closed_form(
    weight: Floats,
    bias: Floats,
    preparation: Preparation,
    features: NDArray[np.float32],
    target: NDArray[np.float32],
    *,
    l2: float = 0.0,
) -> ClosedForm:
    """Least squares, or ridge regression, on the training rows by linear algebra.

    Minimizes ``mean((Xw + b - y)²) + l2·Σw²``, the loss and the penalty of the trainer (Hastie, Tibshirani, Friedman
    2009, equations 3.6 and 3.44), with the bias left free.

    Args:
        weight: ``(1, d)`` that training reached.
        bias: ``(1,)``.
        preparation: Of a regression.
        features: ``(n, d)`` prepared training rows.
        target: ``(n,)`` prepared targets.
        l2: Factor of the penalty.
    """
    x, y = features.astype(np.float64), target.astype(np.float64)
    mean_x, mean_y = x.mean(axis=0), y.mean()
    design, wanted = x - mean_x, y - mean_y
    if l2:
        design = np.vstack([design, np.sqrt(l2 * len(x)) * np.eye(x.shape[1])])
        wanted = np.concatenate([wanted, np.zeros(x.shape[1])])
    # What single precision leaves of a column that is another's sum must count as nothing.
    best, _, rank, _ = np.linalg.lstsq(design, wanted, rcond=1e-6)
    best_bias = np.array([mean_y - mean_x @ best])
    # A category's inputs add to 1, which takes one from the rank, and nothing from what is given from their mean.
    unique = int(rank) == x.shape[1] - (0 if l2 else len(_categories(preparation)))
    missed = x @ (weight[0] - best) + (bias[0] - best_bias[0])
    deviation = x.std(axis=0)
    ours, theirs = (_from_means(w, best_bias, preparation)[0][0] * deviation for w in (weight, best[None]))
    apart = float(np.abs(ours - theirs).max()) / (float(np.abs(theirs).max()) or 1.0)
    return ClosedForm(
        coefficients=raw_coefficients(best[None], best_bias, preparation, loss="mse"),
        unique=unique,
        difference=float(np.abs(missed).max()) / (float(y.std()) or 1.0),
        coefficient_difference=apart if unique else None,
    )


def _categories(preparation: Preparation) -> list[slice]:
    """Places of the inputs of which exactly one is 1."""
    found, start = [], 0
    for column in preparation.columns:
        end = start + len(column.feature_names)
        if column.kind in ("category", "capped"):
            found.append(slice(start, end))
        start = end
    return found


def _from_means(weight: Floats, bias: Floats, preparation: Preparation) -> tuple[Floats, Floats]:
    """The same predictions with each category's weights from their mean."""
    weight, bias = weight.copy(), bias.copy()
    for inputs in _categories(preparation):
        mean = weight[:, inputs].mean(axis=1)
        weight[:, inputs] -= mean[:, None]
        bias += mean
    return weight, bias


def _terms(column: PreparedColumn) -> list[Term]:
    """The inputs of a prepared column, each undone as far as it can be."""
    names = column.feature_names
    if column.kind == "numeric":
        return [Term(names[0], column.name, "per unit", column.center, column.scale)]
    if column.kind == "transformed":
        unit = "per unit of sign(x)·log(1 + |x|)" if column.log else "per unit"
        if column.low is not None and column.high is not None:
            unit += f", between {column.low:.4g} and {column.high:.4g}"
        first = [Term(names[0], column.name, unit, column.center, column.scale)]
        return first + [Term(name, column.name, "where it is missing") for name in names[1:]]
    if column.kind == "ordered":
        if column.boolean:
            return [Term(names[0], column.name, f"against {column.categories[0]}", column.center, column.scale)]
        return [Term(names[0], column.name, "per step up", column.center, column.scale)]
    if column.kind == "date":
        return [
            Term(name, column.name, f"per {part}", center, scale)
            for name, part, center, scale in zip(names, column.parts, column.centers, column.scales, strict=True)
        ]
    if column.kind == "target_mean":
        return [
            Term(name, column.name, "per unit of that mean", center, scale)
            for name, center, scale in zip(names, column.centers, column.scales, strict=True)
        ]
    return [Term(name, column.name, "against the average category") for name in names]
