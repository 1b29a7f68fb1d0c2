"""What one unit of a network computes over the plane of two features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdstudio.gui.charts.boundary import Array, BoundaryChart
from gdstudio.gui.charts.colors import signed_image
from gdstudio.gui.theme import Theme

#: Of the hue, so that points in the full colours stand out.
_STRENGTH = 0.6


class UnitMap(BoundaryChart):
    """The rows over a unit's values: the ground where it says nothing, hues by sign where it does."""

    _value_name = "Value"

    def __init__(self, theme: Theme, title: str = "What the unit sees", **options: str) -> None:
        options.setdefault("empty", "What the chosen unit says at each point of the plane.")
        super().__init__(theme, title, empty=options["empty"], name=options.get("name", ""))

    def _picture(self, fine: Array) -> NDArray[np.uint8]:
        return signed_image(fine, self.theme, _STRENGTH)

    def describe(self) -> str:
        """How many points, and the range of the unit's values."""
        said = super().describe().split(";")[0]
        if self._field is None:
            return f"{said}; no unit is drawn."
        values = self._field.values
        return f"{said}; the unit's values go from {np.nanmin(values):.3g} to {np.nanmax(values):.3g}."
