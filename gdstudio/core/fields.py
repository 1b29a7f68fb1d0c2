"""What a setting's declaration carries, so that form, command line and reference text need no second one.

A settings model is a frozen pydantic model whose fields are made with :func:`setting`;
:func:`describe` reads them back for whoever draws a form or lists the options.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic_core import PydanticUndefined

FieldKind = Literal["number", "integer", "switch", "choice", "text", "integers", "numbers", "texts", "other"]


def setting(
    default: Any,
    *,
    label: str,
    help: str,
    unit: str = "",
    log: bool = False,
    labels: Mapping[str, str] | None = None,
    visible_when: tuple[str, tuple[Any, ...]] | None = None,
    advanced: bool = False,
    hidden: bool = False,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    factory: bool = False,
    max_length: int | None = None,
) -> Any:
    """Declare one setting.

    Args:
        default: Its value when nothing is said (a callable that makes it, with ``factory``).
        label: What a form writes beside it.
        help: One or two sentences: what it does.
        unit: Unit shown behind the value.
        log: Whether steps of a spin box multiply rather than add.
        labels: For a choice, what a form shows for each value.
        visible_when: ``(field, values)``: shown only while that field has one of those values; with none, any but an
            empty one.
        advanced: Folded away until wanted.
        hidden: Never in a form; a widget of its own edits it.
        ge: Smallest value.
        gt: Bound below, not itself allowed.
        le: Largest value.
        lt: Bound above, not itself allowed.
        factory: Whether ``default`` is a factory.
        max_length: Longest list or text.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "log": log,
        "labels": dict(labels or {}),
        "visible_when": visible_when,
        "advanced": advanced,
        "hidden": hidden,
    }
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt, "max_length": max_length}
    given: dict[str, Any] = {k: v for k, v in bounds.items() if v is not None}
    given["default_factory" if factory else "default"] = default
    return Field(title=label, description=help, json_schema_extra=extra, **given)


@dataclass(frozen=True)
class FieldDescription:
    """One setting as a form or a command line needs it.

    ``minimum`` and ``maximum`` are inclusive unless the matching ``*_open`` is true.
    """

    name: str
    kind: FieldKind
    label: str
    help: str
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    minimum_open: bool = False
    maximum_open: bool = False
    choices: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    unit: str = ""
    log: bool = False
    visible_when: tuple[str, tuple[Any, ...]] | None = None
    advanced: bool = False
    hidden: bool = False


def describe(model: type[BaseModel]) -> list[FieldDescription]:
    """The settings of a model in the order of their declaration, without ``kind``."""
    described = []
    for name, info in model.model_fields.items():
        if name == "kind":
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        kind, choices, optional = _kind_of(info.annotation)
        bounds: dict[str, Any] = {}
        for constraint in info.metadata:
            for key, end, open_ in (
                ("ge", "minimum", False),
                ("gt", "minimum", True),
                ("le", "maximum", False),
                ("lt", "maximum", True),
            ):
                if getattr(constraint, key, None) is not None:
                    bounds[end] = getattr(constraint, key)
                    bounds[f"{end}_open"] = open_
        default = info.get_default(call_default_factory=True, validated_data={})
        described.append(
            FieldDescription(
                name=name,
                kind=kind,
                label=info.title or name.replace("_", " ").capitalize(),
                help=info.description or "",
                default=None if default is PydanticUndefined else default,
                choices=choices,
                optional=optional,
                **bounds,
                **{k: v for k, v in extra.items() if k in FieldDescription.__dataclass_fields__},  # type: ignore[arg-type]
            )
        )
    return described


def _kind_of(annotation: Any) -> tuple[FieldKind, tuple[str, ...], bool]:
    """``(kind, choices, optional)`` of a field's annotation."""
    origin = typing.get_origin(annotation)
    args = typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in args if a is not type(None)]
        if len(inner) == 1:
            kind, choices, _ = _kind_of(inner[0])
            return kind, choices, True
        return "other", (), True
    if origin is Literal:
        return "choice", tuple(str(a) for a in args), False
    if annotation is bool:
        return "switch", (), False
    if annotation is int:
        return "integer", (), False
    if annotation is float:
        return "number", (), False
    if annotation is str:
        return "text", (), False
    if origin is tuple and args:
        item = typing.get_args(args[0])[0] if typing.get_origin(args[0]) is typing.Annotated else args[0]
        lists: dict[Any, FieldKind] = {int: "integers", float: "numbers", str: "texts"}
        return lists.get(item, "other"), (), False
    return "other", (), False
