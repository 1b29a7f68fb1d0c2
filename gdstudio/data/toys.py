"""Points in the plane, drawn the same on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gdstudio.core.fields import setting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def size_setting(default: int = 500) -> Any:
    """The number of points."""
    return setting(default, label="Points", help="How many points are drawn.", ge=20, le=100_000)


def noise_setting(default: float, help: str) -> Any:
    """The strength of the noise."""
    return setting(default, label="Noise", help=help, ge=0, le=2)


def seed_setting() -> Any:
    """The seed of the points."""
    return setting(0, label="Seed", help="Another seed draws other points.", ge=0, le=2**31 - 1)


def random(seed: int) -> np.random.RandomState:
    """A generator whose streams are frozen for good, unlike those of NumPy's newer ones."""
    import numpy as np

    return np.random.RandomState(seed)


def labelled(points: NDArray[np.float64], classes: NDArray[np.int64], seed: int) -> pd.DataFrame:
    """A frame with columns x1, x2, class from points ``(n, 2)`` and class numbers ``(n,)``, in random order.

    Coordinates are rounded to six decimals: processors differ in the last digits of sine and cosine.
    """
    import numpy as np
    import pandas as pd

    order = random(seed + 1).permutation(len(points))
    points = np.round(points[order], 6) + 0.0
    names = np.array(["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"])
    frame = pd.DataFrame({"x1": points[:, 0], "x2": points[:, 1]})
    frame["class"] = pd.Series(names[classes[order]], dtype="str")
    return frame


def measured(points: NDArray[np.float64], values: NDArray[np.float64]) -> pd.DataFrame:
    """A frame with columns x1, x2, … (x alone where there is one) and y from ``(n, d)`` points and ``(n,)`` values."""
    import numpy as np
    import pandas as pd

    width = points.shape[1]
    names = ["x"] if width == 1 else [f"x{i + 1}" for i in range(width)]
    frame = pd.DataFrame(np.round(points, 6) + 0.0, columns=names)
    frame["y"] = np.round(values, 6) + 0.0
    return frame
