"""What a fitted preparation does to one column, in words."""

from __future__ import annotations

from gdstudio.data.preparation import NumericColumn, OneHotColumn, OrderedColumn, PreparedColumn
from gdstudio.data.transforms import CappedColumn, DateColumn, TargetMeanColumn, TransformedColumn


def prepared_sentence(column: PreparedColumn) -> str:
    """E.g. "A missing number becomes 3.5; then 2.1 is taken away and the rest divided by 1.4.", as fitted."""
    if isinstance(column, NumericColumn):
        return f"A missing number becomes {column.fill:.6g}; {_scaled(column.center, column.scale)}."
    if isinstance(column, TransformedColumn):
        steps = [f"A missing number becomes {column.fill:.6g}"]
        if column.low is not None or column.high is not None:
            steps.append(f"numbers are brought back to {column.low:.6g} … {column.high:.6g}")
        if column.log:
            steps.append("sign(x) log(1 + |x|) is taken")
        steps.append(_scaled(column.center, column.scale))
        marked = " A further input is 1 where the number was missing." if column.indicator else ""
        return f"{'; '.join(steps)}.{marked}"
    if isinstance(column, OrderedColumn):
        places = ", ".join(f"'{name}' = {place}" for place, name in enumerate(column.categories[:5]))
        more = ", …" if len(column.categories) > 5 else ""
        return f"{places}{more}; {_scaled(column.center, column.scale)}. A missing one becomes '{column.fill}'."
    if isinstance(column, OneHotColumn):
        return f"{len(column.categories)} inputs, one a category. A missing one becomes '{column.fill}'."
    if isinstance(column, CappedColumn):
        rest = len(column.known) - len(column.categories)
        return f"One input for each of the {len(column.categories)} commonest categories, one for the other {rest}."
    if isinstance(column, TargetMeanColumn):
        return f"Each of {len(column.categories)} categories becomes the smoothed mean of the target among its rows."
    assert isinstance(column, DateColumn)
    order = "the day stands first" if column.day_first else "the day does not stand first"
    return f"The parts that vary: {', '.join(column.parts)}; {order}. A missing date has the middle of each part."


def _scaled(center: float, scale: float) -> str:
    if (center, scale) == (0.0, 1.0):
        return "it is not scaled"
    return f"then {center:.6g} is taken away and the rest divided by {scale:.6g}"
