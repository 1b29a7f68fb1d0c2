"""The one exception that is meant for a person to read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError


class StudioError(Exception):
    """Something the person can mend: what happened and where, then what to do.

    Args:
        message: One sentence: what happened, and where (file, row, column, field).
        hint: One sentence: what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint that names what the person may have meant.

    Returns:
        ``"Did you mean a, b?"`` where something is close, else ``"Valid names: …"``.
    """
    names = [str(v) for v in valid]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {', '.join(close)}?"
    return f"Valid names: {', '.join(names)}." if names else ""


class RefusedError(ValueError):
    """Carries a refusal through pydantic, which passes on only ValueErrors.

    Args:
        error: Why a part of a spec was refused.
        names: The settings that the part takes, for hints.
    """

    def __init__(self, error: StudioError | ValidationError, names: Iterable[str] = ()) -> None:
        super().__init__(str(error))
        self.error = error
        self.names = tuple(names)


#: Of a value that is refused; a text of 20,000 characters would bury the reason.
_MOST_SHOWN = 60


def from_validation(
    error: ValidationError, prefix: str = "", valid: Mapping[str, Iterable[str]] | None = None
) -> StudioError:
    """Pydantic's report as a sentence about its first mistake.

    Args:
        error: What pydantic raised.
        prefix: Dotted path in front of the field's own, e.g. ``"optimizer"``.
        valid: For a dotted section (``""`` for the top), the names that it takes.
    """
    first: Any = error.errors(include_url=False)[0]
    parts = [p for p in (prefix, *map(str, first["loc"])) if p]
    path = ".".join(parts) or "the experiment"
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RefusedError):
        if isinstance(cause.error, ValidationError):
            return from_validation(cause.error, path, {path: cause.names})
        return cause.error
    if isinstance(cause, StudioError):
        return cause
    if first["type"] == "extra_forbidden":
        section = ".".join(parts[:-1])
        return StudioError(f"There is no setting {path}.", nearest(parts[-1], (valid or {}).get(section, ())))
    said = str(first["msg"])
    if cause is not None:
        # A model's own check speaks of the section as a whole, as in "asks for Nesterov without momentum".
        return StudioError(f"{path} {said.removeprefix('Value error, ').removesuffix('.')}.")
    said = said.removeprefix("Input ").removesuffix(".")
    shown = "what was given" if isinstance(first["input"], dict | list | tuple) else repr(first["input"])
    if len(shown) > _MOST_SHOWN:
        shown = f"{shown[:_MOST_SHOWN]}…"
    return StudioError(f"{path} cannot be {shown}: it {said[:1].lower()}{said[1:]}.")
