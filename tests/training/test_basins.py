"""Many starts at once: each takes the steps of a single descent, and the minima are those of the gallery."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.training.basins import ELEMENTWISE, Basins, basins, descend_from
from gdstudio.training.minimize import minimize

HIMMELBLAU = registry("surfaces")["himmelblau"].expression  # type: ignore[attr-defined]


def spec_of(formula: str = HIMMELBLAU, **values: object) -> MinimizeSpec:
    return MinimizeSpec().with_values(
        {"objective.formula": formula, "optimizer.kind": "adam", "optimizer.lr": 0.05, "training.steps": 300,
         "training.tolerance": 1e-3, **values}
    )  # fmt: skip


@pytest.mark.parametrize("kind", ELEMENTWISE)
def test_every_start_takes_the_steps_of_its_own_descent_to_the_bit(kind: str) -> None:
    spec = MinimizeSpec().with_values(
        {"objective.formula": HIMMELBLAU, "optimizer.kind": kind, "training.steps": 60, "training.tolerance": 1.0}
    )
    spec = spec.with_values({"optimizer.lr": 0.004 if kind == "sgd" else 0.1})
    starts = np.random.default_rng(0).uniform(-5, 5, (50, 2))
    starts[7] = 1e60
    ends = descend_from(spec, starts)
    for row in (0, 3, 7, 20, 49):
        single = minimize(spec.with_values({"training.start": tuple(starts[row])}))
        assert ends.steps[row] == single.steps
        assert ends.arrived[row] == (np.abs(single.gradients[-1]).max() <= 1 and single.gradient_norms[-1] <= 1)
        assert ends.diverged[row] == (single.status == "diverged")
        np.testing.assert_array_equal(ends.points[row], single.points[-1])


def test_starts_that_leave_early_change_nothing_for_the_others() -> None:
    spec = spec_of("x**4 + cos(3*y) + y**2", **{"optimizer.kind": "rmsprop"})
    starts = np.random.default_rng(1).uniform(-3, 3, (200, 2))
    together = descend_from(spec, starts)
    assert len(set(together.steps)) > 5
    alone = descend_from(spec, starts[together.steps == together.steps.max()][:3])
    np.testing.assert_array_equal(alone.points, together.points[together.steps == together.steps.max()][:3])


def test_himmelblau_has_its_four_minima_and_every_pixel_belongs_to_one() -> None:
    pictures: list[Basins] = []
    shares: list[float] = []
    found = basins(
        spec_of(**{"training.steps": 500}),
        [(-6, 6), (-6, 6)],
        size=40,
        on_picture=pictures.append,
        on_progress=shares.append,
    )
    known = np.array([m.point for m in registry("surfaces")["himmelblau"].minima])  # type: ignore[attr-defined]
    nearest = np.linalg.norm(found.minima.points[:, None] - known[None], axis=2)
    assert len(found.minima.points) == 4
    assert sorted(nearest.argmin(1)) == [0, 1, 2, 3]
    assert nearest.min(1).max() < 1e-8
    assert found.labels.min() >= 0
    assert found.shares().sum() == pytest.approx(1.0)
    assert [p.final for p in pictures] == [False] * (len(pictures) - 1) + [True]
    np.testing.assert_array_equal(pictures[0].x, found.x[:: len(found.x) // len(pictures[0].x)])
    np.testing.assert_array_equal(pictures[-1].labels, found.labels)
    assert shares == sorted(shares)
    # The start at (3.08, 2.15) is beside the minimum (3, 2).
    column, row = np.abs(found.x - 3).argmin(), np.abs(found.y - 2).argmin()
    np.testing.assert_allclose(found.minima.points[found.labels[row, column]], (3, 2), atol=1e-8)


def test_a_descent_that_diverges_or_is_on_its_way_has_no_minimum() -> None:
    spec = spec_of("x**2 + y**2", **{"optimizer.kind": "sgd", "optimizer.lr": 1.5, "training.steps": 3000})
    assert (basins(spec, [(-1, 1), (-1, 1)], size=4).labels == -2).all()
    short = spec_of("x**2 + y**2", **{"optimizer.kind": "sgd", "optimizer.lr": 0.001, "training.steps": 2})
    assert (basins(short, [(-1, 1), (-1, 1)], size=4).labels == -1).all()


def test_a_saddle_and_a_plain_are_no_minima() -> None:
    saddle = spec_of("x**2 - y**2", **{"training.steps": 50})
    assert len(basins(saddle, [(-1, 1), (-1, 1)], size=5).minima.points) == 0
    assert len(basins(spec_of("0*x + 0*y + 1"), [(-1, 1), (-1, 1)], size=5).minima.points) == 0


def test_a_cancel_keeps_what_was_done() -> None:
    control = RunControl()
    pictures: list[Basins] = []

    def stop(picture: Basins) -> None:
        pictures.append(picture)
        control.cancel()

    last = basins(spec_of(), [(-6, 6), (-6, 6)], size=40, control=control, on_picture=stop)
    assert last is pictures[-1]
    assert not last.final


def test_what_cannot_be_drawn_is_refused_with_a_sentence() -> None:
    with pytest.raises(StudioError, match="has 1"):
        basins(spec_of("x**2"), [(-1, 1), (-1, 1)])
    with pytest.raises(StudioError, match="many starts"):
        basins(spec_of(**{"optimizer.kind": "lbfgs"}), [(-1, 1), (-1, 1)])
    with pytest.raises(StudioError, match="watches the loss"):
        basins(spec_of(**{"schedule.kind": "plateau"}), [(-1, 1), (-1, 1)])
    with pytest.raises(StudioError, match="ascend"):
        basins(spec_of(), [(1, -1), (-1, 1)])
