"""Names at an axis: short enough for their place, and still to be told apart."""

from __future__ import annotations

import os
from collections.abc import Sequence

_MARK = "…"
#: Of what all names begin with, so much is left where the difference comes behind it.
_HEAD = 3


def shortened(names: Sequence[str], longest: int) -> list[str]:
    """Names of at most ``longest`` characters.

    What is cut is the end, unless names would then read alike: those lose what they begin with in common.
    """
    cut = [_cut(name, longest) for name in names]
    alike: dict[str, list[int]] = {}
    for place, text in enumerate(cut):
        alike.setdefault(text, []).append(place)
    for places in alike.values():
        group = [names[place] for place in places]
        if len(set(group)) > 1:
            common = len(os.path.commonprefix(group))  # noqa: RUF071 - letter by letter is what is meant
            for place in places:
                name = names[place]
                # Never within a number: …11 and …21 would both be read as 1.
                begin = common
                while begin > _HEAD and name[begin - 1].isalnum() and common - begin < longest // 3:
                    begin -= 1
                cut[place] = name[:_HEAD] + _MARK + _cut(name[begin:], longest - _HEAD - 1)
    return cut


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}{_MARK}"
