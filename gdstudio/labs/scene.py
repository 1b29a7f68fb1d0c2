"""A race as it can be looked at step by step: paths on one shared plane, and what each model said on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.files import write_atomic

if TYPE_CHECKING:
    from gdstudio.evaluation.landscape.picture import Color

Array = NDArray[np.float64]

#: The window's colours of racers, after Okabe and Ito (2008); classes begin with the second.
_HUES: tuple[Color, ...] = (
    (0, 114, 178), (213, 94, 0), (0, 144, 104), (184, 88, 140), (192, 132, 0), (58, 155, 214), (148, 138, 0),
    (59, 66, 76),
)  # fmt: skip
_CLASS_HUES = (_HUES[1], _HUES[0], *_HUES[2:])
_PANEL, _GAP, _FRAME = 240, 12, 8


@dataclass(frozen=True, eq=False)
class Racer:
    """One who takes part.

    Attributes:
        name: Optimizer and rate, as the curves have it.
        steps: ``(m,)`` steps after which it was looked at, ascending; 0 is the start.
        losses: ``(m,)`` loss over all training rows after these steps, or the function's value.
        points: ``(m, 2)`` where it was on the plane.
        distances: ``(m,)`` how far off the plane it was, in the plane's own units.
        fields: ``(m, h, w, c)`` probabilities or ``(m, h, w)`` values over the two features; None where the data
            have other than two.
    """

    name: str
    steps: NDArray[np.int64]
    losses: Array
    points: Array
    distances: Array
    fields: NDArray[np.float32] | None = None

    def at(self, step: int) -> int:
        """The place of the last look that was not later than ``step``."""
        return max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)


@dataclass(frozen=True, eq=False)
class FeaturePlane:
    """The plane of two features.

    Attributes:
        names: Of the two features.
        x: ``(w,)`` grid along the first, in its own units.
        y: ``(h,)`` along the second.
        points: ``(n, 2)`` training rows.
        target: ``(n,)`` their class names, or values.
        classes: Names of the classes; none for a regression.
    """

    names: tuple[str, str]
    x: Array
    y: Array
    points: Array
    target: NDArray[Any]
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """All racers on one plane.

    Attributes:
        racers: In the order of their colours.
        x: ``(w,)`` along the plane's first direction; none where there is no plane.
        y: ``(h,)`` along its second.
        values: ``(h, w)`` the loss, or the function's value.
        labels: Names of the plane's axes.
        measure: What ``values`` are.
        note: How the plane was laid, as a sentence.
        features: The plane of two features; None where the data have other than two.
    """

    racers: Sequence[Racer]
    x: Array
    y: Array
    values: Array
    labels: tuple[str, str]
    measure: str
    note: str
    features: FeaturePlane | None = None

    @property
    def steps(self) -> list[int]:
        """Every step at which somebody was looked at, ascending."""
        return sorted({int(step) for racer in self.racers for step in racer.steps})

    @property
    def has_plane(self) -> bool:
        """Whether there is a plane; racers that hardly moved have none."""
        return self.values.size > 0

    def rows(self) -> list[dict[str, Any]]:
        """The paths as rows of a table."""
        return [
            {"racer": racer.name, "step": int(step), "loss": float(loss), "x": float(x), "y": float(y),
             "off_the_plane": float(off)}
            for racer in self.racers
            for step, loss, (x, y), off in zip(racer.steps, racer.losses, racer.points, racer.distances, strict=True)
        ]  # fmt: skip

    def save(self, folder: Path) -> None:
        """Write ``race_plane.npz`` and ``race_plane.png``, and ``race_boundaries.png`` where there are two features.

        Raises:
            StudioError: The folder cannot be written.
        """
        from gdstudio.evaluation.landscape.picture import draw_routes, write_png
        from gdstudio.evaluation.landscape.progressive import Picture

        arrays: dict[str, Any] = {"x": self.x, "y": self.y, "values": self.values}
        arrays["names"] = np.array([racer.name for racer in self.racers])
        for number, racer in enumerate(self.racers):
            arrays |= {f"{name}_{number}": getattr(racer, name) for name in ("steps", "losses", "points", "distances")}
            if racer.fields is not None:
                arrays[f"fields_{number}"] = racer.fields

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)

        write_atomic(folder / "race_plane.npz", write)
        if self.has_plane:
            routes = [(racer.points, _HUES[k % len(_HUES)]) for k, racer in enumerate(self.racers)]
            pixels = draw_routes(Picture(self.x, self.y, self.values, True), routes)
            write_atomic(folder / "race_plane.png", lambda temporary: write_png(temporary, pixels))
        if self.features is not None:
            sheet = _sheet(self.racers, self.features)
            write_atomic(folder / "race_boundaries.png", lambda temporary: write_png(temporary, sheet))


def _sheet(racers: Sequence[Racer], features: FeaturePlane) -> NDArray[np.uint8]:
    """What each racer says at its end, side by side, in frames of their colours; the training rows as dots."""
    columns = min(4, len(racers))
    lines = -(-len(racers) // columns)
    side = _PANEL + 2 * _FRAME
    sheet = np.full((lines * (side + _GAP) + _GAP, columns * (side + _GAP) + _GAP, 3), 255.0)
    for number, racer in enumerate(racers):
        top, left = (_GAP + place * (side + _GAP) for place in divmod(number, columns))
        sheet[top : top + side, left : left + side] = _HUES[number % len(_HUES)]
        inside = sheet[top + _FRAME : top + _FRAME + _PANEL, left + _FRAME : left + _FRAME + _PANEL]
        inside[:] = _panel(racer, features)[::-1]
    return np.ascontiguousarray(sheet.round().astype(np.uint8))


def _panel(racer: Racer, features: FeaturePlane) -> Array:
    """``(240, 240, 3)``, y upwards."""
    from gdstudio.evaluation.landscape.picture import colored, resized

    assert racer.fields is not None
    last = racer.fields[-1].astype(np.float64)
    hues = np.array(_CLASS_HUES, dtype=np.float64)
    if features.classes:
        shares = np.stack([resized(last[..., c], _PANEL) for c in range(last.shape[-1])], -1)
        count = shares.shape[-1]
        sure = (shares.max(-1) - 1 / count) / (1 - 1 / count)
        pixels = 255 + 0.55 * sure[..., None] * (hues[shares.argmax(-1) % len(hues)] - 255)
        codes = {name: code for code, name in enumerate(features.classes)}
        dots = hues[[codes[str(name)] % len(hues) for name in features.target]]
    else:
        target = features.target.astype(np.float64)
        low, high = float(target.min()), float(target.max())
        pixels = 0.5 * 255 + 0.5 * colored(resized(last, _PANEL), low, high)
        dots = colored(target, low, high)
    across, up = (
        np.rint((values - axis[0]) / ((axis[-1] - axis[0]) or 1.0) * (_PANEL - 1)).astype(int)
        for axis, values in zip((features.x, features.y), features.points.T, strict=True)
    )
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            x, y = across + dx, up + dy
            there = (x >= 0) & (x < _PANEL) & (y >= 0) & (y < _PANEL)
            pixels[y[there], x[there]] = dots[there]
    return np.asarray(pixels)
