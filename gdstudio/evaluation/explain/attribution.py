"""What each raw column adds to the prediction of one row: gradient × input and integrated gradients.

Source: Sundararajan, Taly, Yan (2017), Axiomatic Attribution for Deep Networks, ICML, equation 1; gradient × input:
Shrikumar, Greenside, Kundaje (2017), Learning Important Features, ICML, with the input measured from the baseline.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.data.preparation import Preparation
from gdstudio.evaluation.explain.predictor import Floats, Predictor

#: What is explained: a value in the target's own unit, a probability, or the logarithm of its odds.
Quantity = Literal["value", "probability", "log_odds"]

#: Nodes of the Gauss-Legendre rule on each panel of the path, and panels to begin with.
_NODES, _PANELS = 6, 8
#: A panel is halved at most so often: 2**-24 of the path holds a kink well enough.
_HALVINGS = 24
#: What may be left unexplained, as a share of the difference that is explained.
_TOLERANCE = 1e-4
#: Rows of inputs that go through the model at once, times inputs.
_MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Attribution:
    """Contributions of the raw columns to one prediction.

    Attributes:
        columns: ``c`` raw names.
        gradient_input: ``(c,)`` gradient at the row times its distance from the baseline, summed over the inputs.
        integrated: ``(c,)`` integrated gradients, summed over the inputs.
        quantity: What is explained.
        class_name: Of which class; empty for a regression.
        prediction: The quantity of the row.
        baseline: The quantity of the baseline.
        points: Gradients that the integral took.
    """

    columns: tuple[str, ...]
    gradient_input: Floats
    integrated: Floats
    quantity: Quantity
    class_name: str
    prediction: float
    baseline: float
    points: int

    @property
    def gap(self) -> float:
        """Completeness: sum of the integrated gradients minus ``prediction - baseline``, 0 for a perfect integral."""
        return float(self.integrated.sum() - (self.prediction - self.baseline))

    @property
    def relative_gap(self) -> float:
        """:attr:`gap` as a share of the contributions' absolute sum; 0 where there are none."""
        total = float(np.abs(self.integrated).sum())
        return abs(self.gap) / total if total else abs(self.gap)

    @property
    def gradient_gap(self) -> float:
        """The same for gradient × input, which is complete for a linear model only."""
        return float(self.gradient_input.sum() - (self.prediction - self.baseline))


def attribute(
    predictor: Predictor,
    row: NDArray[np.float32],
    baseline: NDArray[np.float32] | Floats,
    *,
    class_index: int = 0,
    quantity: Quantity = "log_odds",
) -> Attribution:
    """Explain one prediction, in double precision on a copy of the model.

    The path from the baseline to the row is halved where the rule does not yet add up: the integral over a panel must
    be the difference of the model between its ends, so that each panel's error is known exactly. A kink, as ReLU has
    them, then costs a few halvings instead of thousands of points.

    Args:
        predictor: The model.
        row: ``(d,)`` prepared.
        baseline: ``(d,)`` prepared, e.g. the mean of the training rows.
        class_index: Which class, where there are classes.
        quantity: Ignored for a regression.
    """
    preparation = predictor.preparation
    regression = preparation.task == "regression"
    kind: Quantity = "value" if regression else quantity
    model = copy.deepcopy(predictor.model).double().eval().requires_grad_(False)
    scale, center = preparation.target_scale, preparation.target_center

    def explained(inputs: Tensor) -> Tensor:
        outputs = model(inputs)
        return outputs[:, 0] * scale + center if regression else _of_class(outputs, class_index, kind)

    start = torch.as_tensor(np.asarray(baseline, dtype=np.float64))
    way = torch.as_tensor(np.asarray(row, dtype=np.float64)) - start
    per_input, points = _integrate(explained, start, way)
    (slope,) = _gradients(explained, (start + way)[None])
    ends = explained(torch.stack([start, start + way]))
    return Attribution(
        columns=preparation.raw_columns,
        gradient_input=_summed(preparation, (slope * way).numpy()),
        integrated=_summed(preparation, (per_input * way).numpy()),
        quantity=kind,
        class_name="" if regression else preparation.classes[class_index],
        prediction=float(ends[1]),
        baseline=float(ends[0]),
        points=points,
    )


def _of_class(outputs: Tensor, index: int, quantity: Quantity) -> Tensor:
    """``(n,)`` log odds, or probability, of a class from raw outputs ``(n, k)``.

    One output is the log odds of the second class; of several, the softmax gives the probabilities.
    """
    if outputs.shape[1] == 1:
        odds = outputs[:, 0] if index == 1 else -outputs[:, 0]
    else:
        others = [i for i in range(outputs.shape[1]) if i != index]
        odds = outputs[:, index] - outputs[:, others].logsumexp(dim=1)
    return torch.sigmoid(odds) if quantity == "probability" else odds


def _gradients(explained: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """``(m, d)`` gradients at ``(m, d)`` inputs, each of its own row's value."""
    with torch.enable_grad():
        leaf = inputs.clone().requires_grad_(True)
        (found,) = torch.autograd.grad(explained(leaf).sum(), leaf)
    return found


def _integrate(explained: Callable[[Tensor], Tensor], start: Tensor, way: Tensor) -> tuple[Tensor, int]:
    """Mean gradient ``(d,)`` along the path, and how many gradients it took."""
    nodes, weights = (torch.from_numpy(a) for a in np.polynomial.legendre.leggauss(_NODES))
    nodes, weights = (nodes + 1) / 2, weights / 2
    lows = torch.arange(_PANELS, dtype=torch.float64) / _PANELS
    width = 1 / _PANELS
    total, points = torch.zeros_like(way), 0
    with torch.no_grad():
        ends = explained(torch.stack([start, start + way]))
        allowed = _TOLERANCE * max(float((ends[1] - ends[0]).abs()), 1e-9)
        portion = max(1, _MOST_CELLS // (_NODES * max(len(way), 1)))
        for halving in range(_HALVINGS + 1):
            open_lows = []
            for some in torch.split(lows, portion):
                at = (some[:, None] + width * nodes).reshape(-1, 1)
                slopes = _gradients(explained, start + at * way).reshape(len(some), _NODES, -1)
                means = (slopes * weights[:, None]).sum(dim=1) * width
                points += len(at)
                known = explained(start + (some + width)[:, None] * way) - explained(start + some[:, None] * way)
                # Each panel may leave its share, and a kink's panel shrinks until it is small anyway.
                wrong = ((means @ way) - known).abs() > allowed * max(width, 1e-4)
                if halving == _HALVINGS:
                    wrong[:] = False
                total += means[~wrong].sum(dim=0)
                open_lows.append(some[wrong])
            left = torch.cat(open_lows)
            if not len(left):
                break
            width /= 2
            lows = torch.stack([left, left + width], dim=1).reshape(-1)
    return total, points


def _summed(preparation: Preparation, values: Floats) -> Floats:
    """``(d,)`` contributions of the inputs as ``(c,)`` of the raw columns."""
    widths = [len(column.feature_names) for column in preparation.columns]
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.intp)
    return np.asarray(np.add.reduceat(values, starts), dtype=np.float64)
