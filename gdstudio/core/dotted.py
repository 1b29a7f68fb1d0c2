"""A spec whose values are reached by dotted paths, as the command line and forms name them."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Frozen


class DottedSpec(Frozen):
    """A whole experiment, of data or of a formula."""

    @classmethod
    @abstractmethod
    def parse(cls, value: Any) -> Self:
        """A spec from plain JSON values; raises StudioError where something does not fit."""

    def to_json(self) -> str:
        """The spec as JSON text with every default filled in; floats read back to the same bits."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"

    def get(self, path: str) -> Any:
        """The value at a dotted path, e.g. ``get("optimizer.lr")``; raises StudioError where there is none."""
        value: Any = self
        for name in path.split("."):
            if isinstance(value, Frozen) and name in type(value).model_fields:
                value = getattr(value, name)
            elif isinstance(value, Mapping) and name in value:
                value = value[name]
            else:
                raise StudioError(f"There is no setting {path}.")
        return value

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """A new spec with dotted paths set.

        Naming another ``kind`` starts from that kind's own defaults; the order of the paths does not matter.

        Raises:
            StudioError: An unknown path (with the nearest valid names) or a value that does not fit.
        """
        plain = self.model_dump(mode="json")
        for path, value in sorted(values.items(), key=lambda item: not item[0].endswith(".kind")):
            _put(plain, path.split("."), value, path)
        return type(self).parse(plain)


def _put(section: dict[str, Any], parts: list[str], value: Any, path: str) -> None:
    """Set one dotted path in a plain spec; a new kind drops the settings of the old one."""
    name, *rest = parts
    if rest:
        inner = section.get(name)
        if inner is None:
            inner = section[name] = {}
        if not isinstance(inner, dict):
            raise StudioError(f"There is no setting {path}: {name} holds a value, not a section.")
        _put(inner, rest, value, path)
    elif name == "kind":
        if section.get("kind") != value:
            section.clear()
        section["kind"] = value
    else:
        section[name] = value
