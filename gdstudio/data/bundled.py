"""Tables that come with scikit-learn, as frames with plain column names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def from_sklearn(loader: str, target: str, classes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One of scikit-learn's own data sets.

    Args:
        loader: Name of the function in ``sklearn.datasets``; it reads a file that is part of the package.
        target: Name for the target's column, which comes last.
        classes: scikit-learn's name of a class → the name to show.
    """
    import numpy as np
    import pandas as pd
    from sklearn import datasets

    bunch = getattr(datasets, loader)()
    frame = pd.DataFrame(
        np.asarray(bunch.data, dtype=np.float64),
        columns=[str(name).replace(" (cm)", "").replace("/", " or ") for name in bunch.feature_names],
    )
    if "target_names" in bunch:
        names = [str(name) for name in bunch.target_names]
        names = [classes.get(name, name) for name in names] if classes else names
        frame[target] = pd.Series([names[i] for i in bunch.target], dtype="str")
    else:
        frame[target] = np.asarray(bunch.target, dtype=np.float64)
    return frame
