"""What can be chosen, as plain values: the document of ``gdstudio list --json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdstudio.core.fields import describe
from gdstudio.core.registry import FAMILIES, registry


def listing(families: Sequence[str] = tuple(FAMILIES)) -> dict[str, list[dict[str, Any]]]:
    """Family → its entries in the order of lists: key, label, and every setting with its default."""
    return {family: [_entry(family, key) for key in registry(family)] for family in families}


def _entry(family: str, key: str) -> dict[str, Any]:
    entry = registry(family)[key]
    defaults = entry.settings(kind=key).model_dump(mode="json")
    return {
        "key": key,
        "label": entry.label,
        "settings": [{"name": f.name, "label": f.label, "default": defaults[f.name]} for f in describe(entry.settings)],
    }
