"""A surface over a rectangle in a box, and an eye that looks at it: arithmetic only, nothing is drawn here.

The box's ground is one unit a side, with the middle at (0, 0, 0); data fill it from edge to edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Height of the box in lengths of its sides.
HEIGHT: Final = 0.62
#: From the eye to the middle of the box: near enough to tell what is in front, too far for distortion.
_EYE: Final = 3.2
#: From above it moves out to so many lengths, where heights shift nothing sideways: the surface becomes the map.
_FARTHEST: Final = 300.0
#: Room for texts around the box, in pixels.
_MARGIN_X, _MARGIN_Y = 34.0, 16.0
#: Points a side while nothing moves, and while it is being turned, which must not be sluggish.
FINE, COARSE = 81, 51
#: Places at which a line of sight is compared with the surface.
_SIGHTS: Final = 64
#: What lies on the surface is hidden only by what rises above it by so much of a box's side.
_LIFT: Final = 0.006
_MIN_ZOOM, _MAX_ZOOM = 0.4, 8.0


@dataclass(frozen=True)
class Camera:
    """From where the box is looked at.

    Attributes:
        azimuth: Degrees around the vertical; at 0 the first axis runs to the right and the second away.
        elevation: Degrees above the ground, 0 … 90; at 90 the surface is a map.
        zoom: 1 shows the whole box.
        pan: Shift of the picture, in shares of its size.
    """

    azimuth: float = 32.0
    elevation: float = 38.0
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)

    def turned(self, azimuth: float, elevation: float) -> Camera:
        """Turned by so many degrees; never below the ground and never over the top."""
        return replace(
            self,
            azimuth=(self.azimuth + azimuth + 180) % 360 - 180,
            elevation=min(max(self.elevation + elevation, 0.0), 90.0),
        )

    def zoomed(self, factor: float) -> Camera:
        """Nearer or farther, within reason."""
        return replace(self, zoom=min(max(self.zoom * factor, _MIN_ZOOM), _MAX_ZOOM))

    def moved(self, right: float, down: float) -> Camera:
        """The picture shifted, but never out of sight."""
        x, y = (min(max(p + d, -2.0), 2.0) for p, d in zip(self.pan, (right, down), strict=True))
        return replace(self, pan=(x, y))

    @property
    def forward(self) -> Array:
        """``(2,)`` where the eye looks, along the ground."""
        turn = np.radians(self.azimuth)
        return np.array([-np.sin(turn), np.cos(turn)])

    @property
    def distance(self) -> float:
        """From the eye to the middle of the box."""
        return _EYE / max(float(np.cos(np.radians(self.elevation))) ** 2, _EYE / _FARTHEST)

    @property
    def eye(self) -> Array:
        """``(3,)`` where it stands, in the box's units."""
        tilt = np.radians(self.elevation)
        return self.distance * np.append(-np.cos(tilt) * self.forward, np.sin(tilt))

    def project(self, points: Array, width: float, height: float) -> Array:
        """Where points of the box are on the screen.

        Args:
            points: ``(n, 3)``.
            width: Of the picture in pixels.
            height: Of the picture.

        Returns:
            ``(n, 2)`` pixels, y downwards.
        """
        side, low, high = _extent(self.elevation)
        room = max(width - 2 * _MARGIN_X, 1.0), max(height - 2 * _MARGIN_Y, 1.0)
        scale = self.zoom * min(room[0] / (2 * side), room[1] / (high - low))
        seen = self._seen(points) * scale
        x = (0.5 + self.pan[0]) * width + seen[:, 0]
        y = (0.5 + self.pan[1]) * height - seen[:, 1] + scale * (low + high) / 2
        return np.column_stack([x, y])

    def _seen(self, points: Array) -> Array:
        """Points ``(n, 3)`` to the right and up ``(n, 2)``, in the box's units at its middle."""
        tilt, ahead = np.radians(self.elevation), self.forward
        along = points[:, :2] @ ahead
        right = points[:, :2] @ np.array([ahead[1], -ahead[0]])
        up = along * np.sin(tilt) + points[:, 2] * np.cos(tilt)
        depth = along * np.cos(tilt) - points[:, 2] * np.sin(tilt)
        return np.asarray(np.column_stack([right, up]) * (self.distance / (self.distance + depth))[:, None])


@lru_cache(maxsize=256)
def _extent(elevation: float) -> tuple[float, float, float]:
    """Half the width, the lowest and the highest point of the box, however it is turned: it does not pulse."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-HEIGHT / 2, HEIGHT / 2)])
    seen = np.concatenate([Camera(azimuth, elevation)._seen(corners) for azimuth in range(0, 90, 15)])
    return float(np.abs(seen[:, 0]).max()), float(seen[:, 1].min()), float(seen[:, 1].max())


class Relief:
    """Values over a rectangle as heights in the box.

    Args:
        x: ``(w,)`` rising, evenly spaced.
        y: ``(h,)`` likewise.
        heights: ``(h, w)`` what the height goes by, finite.
        low: Value on the ground of the box.
        high: Value at its top; what lies beyond the two is cut off there.
        most: Points a side at most; a finer grid is read at so many places.
    """

    def __init__(self, x: Array, y: Array, heights: Array, low: float, high: float, most: int = FINE) -> None:
        across, along = (np.linspace(0, n - 1, min(n, most)) for n in (len(x), len(y)))
        self.x = np.interp(across, np.arange(len(x)), x)
        self.y = np.interp(along, np.arange(len(y)), y)
        shares = np.clip((heights - low) / ((high - low) or 1.0), 0.0, 1.0)
        #: ``(h', w')`` 0 on the ground, 1 at the top.
        self.shares = _between(shares, along[:, None], across[None, :])
        rows, columns = self.shares.shape
        ground = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows))
        #: ``(h'·w', 3)`` the corners of the cells in the box.
        self.corners = np.column_stack([ground[0].ravel(), ground[1].ravel(), (self.shares.ravel() - 0.5) * HEIGHT])
        number = np.arange(rows * columns).reshape(rows, columns)
        #: ``(cells, 4)`` which corners are a cell's, in turn.
        self.cells = np.stack([number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]], -1).reshape(-1, 4)
        #: ``(cells,)`` the mean of a cell's corners.
        self.cell_shares = self.shares.ravel()[self.cells].mean(1)
        self._middles = self.corners[self.cells][:, :, :2].mean(1)
        #: ``(cells, 3)`` unit normals, upwards.
        self.normals = self._normals()

    def _normals(self) -> Array:
        a, b, c, d = (self.corners[self.cells[:, i]] for i in range(4))
        normals = np.cross(c - a, d - b)
        return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))

    def back_to_front(self, camera: Camera) -> NDArray[np.intp]:
        """The cells in an order in which each may cover those before it.

        For a height over a grid the distance along the ground decides: of two cells on one line of sight the nearer one
        has its middle nearer, whatever their heights (Anderson 1982, Hidden Line Elimination in Projected Grid
        Surfaces).
        """
        away = self._middles - camera.eye[:2]
        return np.argsort(-(away**2).sum(1), kind="stable")

    def boxed(self, points: Array) -> Array:
        """Points ``(m, 2)`` of the rectangle, laid on the surface ``(m, 3)``; NaN outside of it."""
        share = self._shares_of(points)
        inside = np.asarray(((share >= -1e-9) & (share <= 1 + 1e-9)).all(1))
        share = np.where(inside[:, None], np.clip(share, 0, 1), np.nan)
        height = self._height(np.nan_to_num(share)) + _LIFT
        return np.column_stack([share - 0.5, np.where(inside, height, np.nan)])

    def laid(self, points: Array) -> Array:
        """A path ``(m, 2)`` laid on the surface, with points added wherever it crosses a cell."""
        if len(points) < 2:
            return self.boxed(points)
        cell = np.array([np.ptp(self.x) / (len(self.x) - 1), np.ptp(self.y) / (len(self.y) - 1)])
        reach = np.nan_to_num(np.abs(np.diff(points, axis=0) / cell).max(1), nan=1.0, posinf=1.0)
        pieces = np.clip(np.ceil(reach), 1, 4 * FINE).astype(np.intp)
        start = np.repeat(np.arange(len(pieces)), pieces)
        within = np.arange(len(start)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        share = (within / pieces[start])[:, None]
        finer = points[start] * (1 - share) + points[start + 1] * share
        return self.boxed(np.concatenate([finer, points[-1:]]))

    def seen(self, points: Array, camera: Camera) -> NDArray[np.bool_]:
        """Whether nothing of the surface stands between the eye and points ``(m, 3)`` of the box."""
        if not len(points):
            return np.zeros(0, dtype=bool)
        towards = camera.eye - points
        with np.errstate(divide="ignore", invalid="ignore"):
            # How far the line of sight stays in the box: to one of its sides, or through its top.
            exits = (np.where(towards > 0, [0.5, 0.5, HEIGHT / 2], [-0.5, -0.5, -HEIGHT]) - points) / towards
        reach = np.nan_to_num(np.nanmin(np.where(exits > 0, exits, np.nan), axis=1, initial=1.0), nan=0.0)
        share = np.linspace(0, 1, _SIGHTS + 1)[1:]
        sights = points[:, None, :] + (reach[:, None] * share)[:, :, None] * towards[:, None, :]
        heights = self._height(np.nan_to_num(sights[:, :, :2].reshape(-1, 2)) + 0.5).reshape(len(points), -1)
        return np.asarray((heights <= sights[:, :, 2] + _LIFT / 2).all(1))

    def _shares_of(self, points: Array) -> Array:
        low = np.array([self.x[0], self.y[0]])
        return np.asarray((points - low) / np.array([np.ptp(self.x) or 1.0, np.ptp(self.y) or 1.0]))

    def _height(self, share: Array) -> Array:
        """Height in the box at ``share (m, 2)`` of its sides."""
        rows, columns = self.shares.shape
        found = _between(self.shares, share[:, 1] * (rows - 1), share[:, 0] * (columns - 1))
        return (found - 0.5) * HEIGHT


def _between(grid: Array, row: Array, column: Array) -> Array:
    """The grid's values at broken indices, interpolated linearly."""
    rows, columns = grid.shape
    r = np.clip(row.astype(np.intp), 0, max(rows - 2, 0))
    c = np.clip(column.astype(np.intp), 0, max(columns - 2, 0))
    down, right = row - r, column - c
    r_next, c_next = np.minimum(r + 1, rows - 1), np.minimum(c + 1, columns - 1)
    upper = grid[r, c] * (1 - right) + grid[r, c_next] * right
    lower = grid[r_next, c] * (1 - right) + grid[r_next, c_next] * right
    return np.asarray(upper * (1 - down) + lower * down)
