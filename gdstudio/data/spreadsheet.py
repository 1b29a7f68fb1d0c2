"""Text cells that a spreadsheet program would run as formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def has_dangerous_text(frame: pd.DataFrame) -> bool:
    """Whether a text cell, or a heading, begins so that a spreadsheet program would run it."""
    import pandas as pd

    columns = [c for _, c in frame.items() if not pd.api.types.is_numeric_dtype(c.dtype)]
    return any(str(name).startswith(_DANGEROUS) for name in frame.columns) or any(
        _dangerous(column).any() for column in columns
    )


def dangerous_count(frame: pd.DataFrame) -> int:
    """Number of text cells that :func:`made_safe` changes."""
    import pandas as pd

    columns = [c for _, c in frame.items() if not pd.api.types.is_numeric_dtype(c.dtype)]
    return sum(int(_dangerous(column).sum()) for column in columns)


def made_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with an apostrophe in front of each text that a spreadsheet program would run."""
    import pandas as pd

    safe = {}
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            texts = column.astype(object)
            column = texts.where(~_dangerous(column), "'" + column.astype(str))
        safe[position] = column
    made = pd.DataFrame(safe, index=frame.index)
    made.columns = [f"'{n}" if str(n).startswith(_DANGEROUS) else n for n in frame.columns]
    return made


def _dangerous(column: pd.Series[Any]) -> pd.Series[Any]:
    """Whether each text begins like a formula; texts that are plain negative numbers do not count."""
    import pandas as pd

    texts = column.astype(str)
    return column.notna() & texts.str.startswith(_DANGEROUS) & pd.to_numeric(texts, errors="coerce").isna()
