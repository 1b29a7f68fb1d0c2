"""Tables that come with scikit-learn, as frames with plain column names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def from_sklearn(
    loader: str,
    target: str,
    classes: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    **options: object,
) -> pd.DataFrame:
    """One of scikit-learn's own data sets.

    Args:
        loader: Name of the function in ``sklearn.datasets``; it reads a file that is part of the package.
        target: Name for the target's column, which comes last.
        classes: scikit-learn's name of a class → the name to show.
        names: scikit-learn's name of a feature → the name to show.
        options: For the function.
    """
    import numpy as np
    import pandas as pd
    from sklearn import datasets

    bunch = getattr(datasets, loader)(**options)
    frame = pd.DataFrame(
        np.asarray(bunch.data, dtype=np.float64),
        columns=[(names or {}).get(name, str(name).removesuffix(" (cm)")) for name in bunch.feature_names],
    )
    if "target_names" in bunch:
        found = [str(name) for name in bunch.target_names]
        shown = [(classes or {}).get(name, name) for name in found]
        frame[target] = pd.Series([shown[i] for i in bunch.target], dtype="str")
    else:
        frame[target] = np.asarray(bunch.target, dtype=np.float64)
    return frame
