"""A landscape as files: the numbers as .npz, a picture as .png, without a drawing library."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.files import write_atomic
from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.evaluation.landscape.progressive import Picture

Array = NDArray[np.float64]
Color = tuple[int, int, int]
#: Nine of the colours of viridis, dark to light (Smith and van der Walt 2015), between which is interpolated.
VIRIDIS: Final = (
    (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99),
    (170, 220, 50), (253, 231, 37),
)  # fmt: skip
_SIDE = 800
_LEVELS = 14


@dataclass(frozen=True, eq=False)
class Landscape:
    """All that was computed for one plane.

    Attributes:
        plane: Where the points lie.
        picture: The finest one.
        path: ``(m, 2)`` the run's path, projected.
        distances: ``(m,)`` how far off the plane it was.
        measure: ``loss`` or ``accuracy``.
        standard_error: Of the value in the middle where rows were sampled; None where all were used.
        rows: Rows that were used.
        all_rows: Rows that there are.
    """

    plane: Plane
    picture: Picture
    path: Array
    distances: Array
    measure: str
    standard_error: float | None
    rows: int
    all_rows: int

    def save(self, path: Path) -> None:
        """Write the numbers; raises StudioError where that is not possible.

        ``x (g,)``, ``y (g,)``, ``loss (g, g)`` with the first index along y (``accuracy`` where that was measured),
        ``path (m, 2)``, ``path_distance (m,)``, ``seed`` (-1 where nothing was drawn), ``explained_variance (2,)``
        (NaN where it means nothing), ``standard_error`` (0 where all rows were used), ``rows``, ``all_rows``.
        """
        arrays = {
            "x": self.picture.x,
            "y": self.picture.y,
            self.measure: self.picture.values,
            "path": self.path,
            "path_distance": self.distances,
            "plane": np.array(self.plane.kind),
            "seed": np.array(-1 if self.plane.seed is None else self.plane.seed),
            "explained_variance": np.array(self.plane.explained or (np.nan, np.nan)),
            "standard_error": np.array(self.standard_error or 0.0),
            "rows": np.array(self.rows),
            "all_rows": np.array(self.all_rows),
        }

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)

        write_atomic(path, write)

    def save_picture(self, path: Path) -> None:
        """Write a PNG: colour by value, on a logarithmic scale where values span decades, contours and the path."""
        pixels = draw(self.picture, self.path)
        write_atomic(path, lambda temporary: write_png(temporary, pixels))


def scaled(values: Array, log: bool) -> Array:
    """What is drawn for each value: itself, or its decimal logarithm; NaN for what has none."""
    finite = np.where(np.isfinite(values), values, np.nan)
    if not log:
        return finite
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(finite > 0, np.log10(finite), np.nan)


def wants_log(values: Array) -> bool:
    """Whether the values span more than one and a half decades."""
    positive = values[np.isfinite(values) & (values > 0)]
    return bool(len(positive) > values.size // 2 and positive.max() > 30 * positive.min())


def levels(shown: Array, count: int = _LEVELS) -> Array:
    """Values for contours, at quantiles, so that flat parts get some too; none where all is level."""
    known = shown[np.isfinite(shown)]
    if not known.size or np.ptp(known) == 0:
        return np.zeros(0)
    return np.unique(np.quantile(known, np.linspace(0, 1, count + 2)[1:-1]))


def draw(picture: Picture, path: Array) -> NDArray[np.uint8]:
    """Pixels ``(h, w, 3)``, y upwards."""
    if len(picture.y) == 1:
        return _draw_line(scaled(picture.values, wants_log(picture.values))[0])
    pixels = _draw_map(picture)
    _draw_path(pixels, picture, path, (255, 255, 255), (213, 94, 0))
    return _upright(pixels)


def draw_routes(picture: Picture, routes: Sequence[tuple[Array, Color]]) -> NDArray[np.uint8]:
    """The same with several paths, each ``(m, 2)`` in a colour of its own, the first on top."""
    pixels = _draw_map(picture)
    for path, color in reversed(routes):
        _draw_path(pixels, picture, path[np.isfinite(path).all(1)], color, color)
    return _upright(pixels)


def colored(values: Array, low: float, high: float) -> Array:
    """``(…, 3)`` colours 0 … 255 of values; what is not finite gets that of the highest."""
    share = np.nan_to_num(np.clip((values - low) / ((high - low) or 1.0), 0, 1), nan=1.0)
    stops = np.linspace(0, 1, len(VIRIDIS))
    return np.stack([np.interp(share, stops, [c[i] for c in VIRIDIS]) for i in range(3)], -1)


def _upright(pixels: Array) -> NDArray[np.uint8]:
    return np.ascontiguousarray(pixels[::-1].round().astype(np.uint8))


def _draw_map(picture: Picture) -> Array:
    """Colours and contours."""
    shown = scaled(picture.values, wants_log(picture.values))
    fine = resized(shown, _SIDE)
    known = fine[np.isfinite(fine)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    pixels = colored(fine, low, high)
    band = np.searchsorted(levels(shown), fine)
    edge = np.zeros(band.shape, dtype=bool)
    edge[:, 1:] |= band[:, 1:] != band[:, :-1]
    edge[1:] |= band[1:] != band[:-1]
    pixels[edge] = 0.55 * pixels[edge] + 0.45 * 255
    return pixels


def _draw_path(pixels: Array, picture: Picture, path: Array, color: Color, end: Color) -> None:
    """The path, its start as a small white square and its end as a larger one."""
    if not len(path):
        return
    low = np.array([picture.x[0], picture.y[0]])
    high = np.array([picture.x[-1], picture.y[-1]])
    at = (path - low) / (high - low) * (_SIDE - 1)
    steps = np.linspace(0, 1, 4 * _SIDE // max(len(at), 2) + 2)[:, None]
    for here, there in itertools.pairwise(at):
        _dab(pixels, here + steps * (there - here), 1, color)
    _dab(pixels, at[:1], 5, (255, 255, 255))
    _dab(pixels, at[-1:], 6, end)


def _dab(pixels: Array, at: Array, radius: int, color: Color) -> None:
    columns, rows = np.rint(np.clip(at, -1e6, 1e6)).astype(int).T
    for dx in range(-radius, radius + 1):
        for dy in range(-radius, radius + 1):
            x, y = columns + dx, rows + dy
            inside = (x >= 0) & (x < _SIDE) & (y >= 0) & (y < _SIDE)
            pixels[y[inside], x[inside]] = color


def _draw_line(shown: Array) -> NDArray[np.uint8]:
    pixels = np.full((_SIDE // 2, _SIDE, 3), 255, dtype=np.uint8)
    fine = np.interp(np.linspace(0, len(shown) - 1, _SIDE), np.arange(len(shown)), shown)
    low, high = np.nanmin(fine), np.nanmax(fine)
    height = np.nan_to_num((fine - low) / ((high - low) or 1.0)) * (len(pixels) - 9) + 4
    for column, top in enumerate(height.astype(int)):
        pixels[len(pixels) - 1 - top - 1 : len(pixels) + 2 - top - 1, column] = VIRIDIS[2]
    return pixels


def resized(values: Array, side: int) -> Array:
    """A grid as ``(side, side)``, interpolated linearly."""
    for axis in (0, 1):
        at = np.linspace(0, values.shape[axis] - 1, side)
        left = np.minimum(at.astype(np.intp), values.shape[axis] - 2)
        share = (at - left)[:, None] if axis == 0 else (at - left)[None, :]
        values = values.take(left, axis) * (1 - share) + values.take(left + 1, axis) * share
    return values


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Source of the format: ISO/IEC 15948, Portable Network Graphics."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
