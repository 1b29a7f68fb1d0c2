"""Key → label, settings model, builder, help: one entry in one file, found by looking.

A family is a package; each of its modules that has an ``ENTRY`` registers it. The settings of an
entry are known without importing torch: an entry's module imports it inside its builder, so that
the window can draw its forms while torch still loads.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializeAsAny, ValidationError

from gdstudio.core.errors import RefusedError, StudioError, from_validation, nearest


class Frozen(BaseModel):
    """A part of a spec: immutable, with nothing in it that was not declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, protected_namespaces=()
    )


class Settings(Frozen):
    """The settings of one registry entry; ``kind`` is the entry's key and is persisted by name."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing a person can choose.

    Attributes:
        key: The name that is persisted; never changed once released.
        label: What the window shows.
        settings: The settings model; its ``kind`` defaults to ``key``.
        build: Makes the thing from its settings; what else it takes is the family's affair.
        help: A short text: what it is, when to use it, what to try.
        formula: The update or definition in LaTeX's mathematics, or empty.
        source: Paper or manual that the formula is from.
        order: Place in lists; ties are broken by the label.
    """

    key: str
    label: str
    settings: type[Settings]
    build: Callable[..., Any]
    help: str
    formula: str = ""
    source: str = ""
    order: int = 100


#: Family → the package whose modules are its entries.
FAMILIES: Mapping[str, str] = {
    "samples": "gdstudio.data.samples",
    "readers": "gdstudio.data.readers",
    "models": "gdstudio.models",
    "losses": "gdstudio.objectives.losses",
    "surfaces": "gdstudio.objectives.surfaces",
    "optimizers": "gdstudio.optim.optimizers",
    "schedules": "gdstudio.optim.schedules",
    "initializers": "gdstudio.optim.initializers",
    "scores": "gdstudio.evaluation.scores",
    "labs": "gdstudio.labs",
}


class Registry(Mapping[str, Entry]):
    """The entries of one family, by key, in the order in which lists show them."""

    def __init__(self, family: str) -> None:
        self.family = family
        package = importlib.import_module(FAMILIES[family])
        found: list[Entry] = []
        for module in pkgutil.iter_modules(package.__path__):
            entry = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "ENTRY", None)
            if entry is not None:
                found.append(entry)
        found.sort(key=lambda e: (e.order, e.label))
        self._entries: dict[str, Entry] = {entry.key: entry for entry in found}

    def __getitem__(self, key: str) -> Entry:
        try:
            return self._entries[key]
        except KeyError:
            one = self.family.removesuffix("s") if not self.family.endswith("sses") else "loss"
            raise StudioError(f"There is no {one} called {key!r}.", nearest(key, self._entries)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def settings(self, value: Any) -> Settings:
        """A settings object from a mapping with ``kind``, or from a kind alone, validated by the entry's own model.

        Raises:
            StudioError: An unknown kind, or a setting that is unknown or out of range.
        """
        try:
            return self._validated(value)
        except RefusedError as error:
            raise from_validation(cast(ValidationError, error.error), valid={"": error.names}) from None

    def _validated(self, value: Any) -> Settings:
        """As :meth:`settings`; what the entry's model refuses is a RefusedError that knows the valid names."""
        if isinstance(value, Settings):
            self[value.kind]
            return value
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping) or "kind" not in value:
            raise StudioError(
                f"Each of the {self.family} is a mapping with a kind, not {value!r}.", f"Kinds: {', '.join(self)}."
            )
        entry = self[str(value["kind"])]
        try:
            return entry.settings.model_validate(dict(value))
        except ValidationError as error:
            raise RefusedError(error, [n for n in entry.settings.model_fields if n != "kind"]) from None

    def parse(self, value: Any) -> Settings:
        """As :meth:`settings`, for use inside a pydantic validator: raises RefusedError alone."""
        try:
            return self._validated(value)
        except StudioError as error:
            raise RefusedError(error) from None


@cache
def registry(family: str) -> Registry:
    """The registry of a family; built on first use and kept, since packages do not change while running."""
    return Registry(family)


def chosen_from(family: str) -> Any:
    """The type of a spec's field that holds the settings of one entry of ``family``."""

    def choose(value: Any) -> Settings:
        return registry(family).parse(value)

    return Annotated[SerializeAsAny[Settings], BeforeValidator(choose)]
