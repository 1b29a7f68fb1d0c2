"""Values as JSON that any program reads, with numbers that JSON does not know."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def to_bytes(value: Any) -> bytes:
    """UTF-8 JSON; tuples and arrays become lists, and an infinite or missing number ``{"float": "nan"}``."""
    return (json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def from_bytes(data: bytes) -> Any:
    """What :func:`to_bytes` wrote; raises ValueError for bytes that are no JSON."""
    try:
        return _value(json.loads(data))
    except RecursionError:
        raise ValueError("too deep") from None


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"float"} and value["float"] in ("nan", "inf", "-inf"):
            return float(value["float"])
        return {key: _value(inner) for key, inner in value.items()}
    return [_value(inner) for inner in value] if isinstance(value, list) else value
