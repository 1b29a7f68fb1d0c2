"""A curve that a person types, fitted to two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.labs.entry import Lab, LabEntry, LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

_PLACES = 300


class CurveFitSettings(Settings):
    """Curve and columns."""

    kind: Literal["curve_fit"] = "curve_fit"
    curve: str = setting(
        "a + b*x", label="Curve", help="A formula, e.g. a*exp(-b*t) + c; letters but the variable are parameters.",
        max_length=2_000,
    )  # fmt: skip
    variable: str = setting("x", label="Variable", help="Which letter of the curve is the column.", max_length=50)
    x_column: str = setting("", label="Column across", help="Empty takes the first column of numbers.")
    y_column: str = setting("", label="Column up", help="Empty takes the target, or the next column of numbers.")
    starts: tuple[str, ...] = setting(
        (), label="First guesses", help="E.g. a=2, b=0.1; parameters that are not named start at 1.", max_length=30
    )
    positive: tuple[str, ...] = setting(
        (), label="Positive", help="Parameters that stay above zero: fitted as exponentials.", max_length=30
    )


def _build(settings: CurveFitSettings) -> Lab:
    def run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, progress: Progress) -> LabResult:
        import numpy as np

        from gdstudio.core.errors import StudioError
        from gdstudio.training.curve_fit import fit_curve

        frame = dataset.table.frame
        across, up = _columns(settings, dataset)
        pairs = frame[[across, up]].dropna()
        x, y = (pairs[name].to_numpy(dtype=np.float64) for name in (across, up))
        finite = np.isfinite(x) & np.isfinite(y)
        x, y = x[finite], y[finite]
        if not len(x):
            raise StudioError(f"No row has both {across} and {up}.", "Choose other columns.")
        fit = fit_curve(
            settings.curve, settings.variable, x, y, start=_guesses(settings.starts), positive=settings.positive,
            control=control,
        )  # fmt: skip
        progress(1.0)
        rows: list[dict[str, Any]] = [
            {
                "parameter": name,
                "estimate": float(value),
                "standard_error": float(error) if np.isfinite(error) else None,
            }
            for name, value, error in zip(fit.names, fit.values, fit.errors, strict=True)
        ]
        runs = [
            {"row": k, across: a, up: b, "fitted": f, "residual": b - f}
            for k, (a, b, f) in enumerate(zip(x.tolist(), y.tolist(), fit.fitted.tolist(), strict=True))
        ]
        spread = float(((y - y.mean()) ** 2).sum())
        findings: dict[str, Any] = {
            "sum_of_squares": fit.sum_of_squares, "r2": 1 - fit.sum_of_squares / spread if spread > 0 else None,
            "deviation": fit.deviation if np.isfinite(fit.deviation) else None, "points": len(x),
            "converged": fit.converged, "steps": fit.steps,
        }  # fmt: skip
        said = ", ".join(
            f"{r['parameter']} = {r['estimate']:.5g}"
            + ("" if r["standard_error"] is None else f" ± {r['standard_error']:.2g}") for r in rows
        )  # fmt: skip
        sentences = [f"The best curve has {said} (± one standard error)."]
        sentences.append(
            f"It was found in {fit.steps} steps on {len(x):,} points." if fit.converged
            else "The steps had not become small: give other first guesses, or another curve."
        )  # fmt: skip
        if any(row["standard_error"] is None for row in rows):
            sentences.append("The points do not determine all parameters, so there are no standard errors.")
        places = np.linspace(x.min(), x.max(), _PLACES)
        picture = Picture(
            f"{settings.curve}, fitted by least squares", across, up,
            [PictureSeries("rows", x.tolist(), y.tolist(), style="points"),
             PictureSeries("curve", places.tolist(), fit(places).tolist(), style="curve")],
        )  # fmt: skip
        return LabResult("curve_fit", settings, spec, rows, runs, (), findings, sentences, picture)

    return run


def _columns(settings: CurveFitSettings, dataset: Dataset) -> tuple[str, str]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    from gdstudio.core.errors import StudioError, nearest

    frame = dataset.table.frame
    numeric = [str(c) for c in frame.columns if is_numeric_dtype(frame[c]) and not is_bool_dtype(frame[c])]
    for name in filter(None, (settings.x_column, settings.y_column)):
        if name not in numeric:
            raise StudioError(f"There is no column of numbers called {name}.", nearest(name, tuple(numeric)))
    target = str(dataset.spec.target)
    across = settings.x_column or next((c for c in numeric if c not in (target, settings.y_column)), "")
    up = settings.y_column or (target if target in numeric else next((c for c in numeric if c != across), ""))
    if not across or not up or across == up:
        raise StudioError("A curve needs two columns of numbers.", "Choose them, or open a table that has two.")
    return across, up


def _guesses(texts: tuple[str, ...]) -> dict[str, float]:
    from gdstudio.core.errors import StudioError

    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise StudioError(f"The first guess {text!r} cannot be read.", "Write for example a=2.") from None
    return found


ENTRY = LabEntry(
    key="curve_fit",
    label="Curve fit",
    settings=CurveFitSettings,
    build=_build,
    question="Which parameters make a curve of mine fit two columns best?",
    help=(
        "Least squares of a formula that you type to two columns of the table, over all rows that have both. The "
        "standard errors come from the curvature of the sum of squares: a flat valley means that the points say "
        "little about a parameter. A curve that is not linear in its parameters may need first guesses."
    ),
    source="Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters",
    order=90,
)
