"""How the members of older project files become those of the current version, a step for each version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: Raised by one whenever a member's name or meaning changes, together with a migration and a golden file.
SCHEMA_VERSION: Final = 1

#: Takes the members of a version and returns those of the next.
Migration = Callable[[dict[str, bytes]], dict[str, bytes]]

#: Version → how it becomes the next.
MIGRATIONS: Final[dict[int, Migration]] = {}


def migrated(members: dict[str, bytes], version: int) -> dict[str, bytes]:
    """The members as the current version has them."""
    while version < SCHEMA_VERSION:
        members = MIGRATIONS[version](members)
        version += 1
    return members
