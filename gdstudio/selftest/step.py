"""One step of the self-test, and how it says that something does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Unmet(Exception):  # noqa: N818 - a finding about the installation, not a fault of the step
    """Raised by a step: something that must hold does not; the text says what."""


class NotHere(Exception):  # noqa: N818 - a finding as well
    """Raised by a step that means nothing here, e.g. outside a frozen program; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that must work where the program is installed.

    Attributes:
        key: Its name in the document that the self-test writes.
        label: What is tried, for a person.
        run: Takes an empty folder to write in and returns a sentence of what was seen; raises :class:`Unmet`.
        order: Place among the steps; ties are broken by the key.
    """

    key: str
    label: str
    run: Callable[[Path], str]
    order: int = 100


def expect(holds: bool, otherwise: str) -> None:
    """Raise :class:`Unmet` with ``otherwise`` unless it holds; unlike ``assert`` it is never optimized away."""
    if not holds:
        raise Unmet(otherwise)
