"""Which minimum each start leads to, as a map of the plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries, Regions

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.basins import Basins


class BasinsSettings(Settings):
    """Formula, plane and steps."""

    kind: Literal["basins"] = "basins"
    formula: str = setting(
        "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        label="Formula", help="A function of two variables.", max_length=2_000,
    )  # fmt: skip
    low: float = setting(-6.0, label="From", help="The plane begins here in both directions.", ge=-1e6, le=1e6)
    high: float = setting(6.0, label="To", help="The plane ends here in both directions.", ge=-1e6, le=1e6)
    size: int = setting(200, label="Starts a side", help="200 are 40,000 descents.", ge=2, le=1_000)
    steps: int = setting(500, label="Steps", help="The most that each start takes.", ge=1, le=100_000)
    tolerance: float = setting(
        1e-3, label="Gradient tolerance", help="A start has arrived when its gradient is no longer than this.",
        ge=0, log=True,
    )  # fmt: skip


def _build(settings: BasinsSettings) -> Lab:
    def run(
        spec: ExperimentSpec,
        dataset: Dataset,
        control: RunControl,
        progress: Progress,
        on_picture: Callable[[Picture], None] | None = None,
    ) -> LabResult:
        import numpy as np

        from gdstudio.labs.formulas import descent_of
        from gdstudio.training.basins import basins

        descent = descent_of(spec, settings.formula, settings.steps, settings.tolerance)
        found = basins(
            descent, [(settings.low, settings.high)] * 2, size=settings.size, control=control, on_progress=progress,
            on_picture=None if on_picture is None else lambda coarse: on_picture(_picture(coarse, _names(coarse))),
        )  # fmt: skip
        names = _names(found)
        shares = found.shares()
        rows: list[dict[str, Any]] = []
        for number, name in enumerate(names):
            mine = found.labels == number
            rows.append({
                "end": name, "value": float(found.minima.values[number]), "share": float(shares[number]),
                "starts": int(mine.sum()), "steps": float(np.median(found.steps[mine])) if mine.any() else None,
            })  # fmt: skip
        for label, name in ((-1, "on its way after all steps"), (-2, "diverged")):
            count = int((found.labels == label).sum())
            if count:
                rows.append({"end": name, "value": None, "share": count / found.labels.size, "starts": count,
                             "steps": None})  # fmt: skip
        arrived = 1.0 - sum(row["share"] for row in rows[len(names) :])
        rate = f"{spec.optimizer.kind} with learning rate {spec.get('optimizer.lr'):g}"
        sentences = [
            f"{100 * arrived:.4g} % of {found.labels.size:,} starts reached one of {len(names)} minima within "
            f"{settings.steps:,} steps of {rate}."
        ]
        if names:
            largest = int(np.argmax(shares))
            sentences.append(
                f"The largest basin, {100 * shares[largest]:.3g} % of the plane, leads to {names[largest]}."
            )
        return LabResult(
            "basins", settings, spec, rows, rows, (), {"arrived": arrived, "minima": len(names)}, sentences,
            _picture(found, names),
        )  # fmt: skip

    return run


def _names(found: Basins) -> list[str]:
    from gdstudio.labs.formulas import point_name

    return [point_name(found.variables, point) for point in found.minima.points]


def _picture(found: Basins, names: list[str]) -> Picture:
    import numpy as np

    steps = np.log1p(found.steps.astype(np.float64))
    span = float(np.ptp(steps)) or 1.0
    x, y = (found.minima.points[:, k].tolist() for k in range(2))
    return Picture(
        "Where each start leads; darker took more steps", f"Start {found.variables[0]}", f"Start {found.variables[1]}",
        [PictureSeries("minima", x, y, style="points")] if names else [],
        regions=Regions(found.x, found.y, np.where(found.labels < 0, -1, found.labels), [*names, "none"],
                        (steps - steps.min()) / span),
    )  # fmt: skip


ENTRY = LabEntry(
    key="basins",
    label="Basins",
    settings=BasinsSettings,
    build=_build,
    question="Which minimum does each start lead to?",
    help=(
        "Descends from every point of a grid with the experiment's optimizer and schedule, and colours the point by "
        "the minimum that was reached. Try Adam against SGD, or momentum, on the same formula: the borders between the "
        "basins move, and become ragged where a heavy step jumps over a ridge."
    ),
    needs_data=False,
    progressive=True,
    order=80,
)
