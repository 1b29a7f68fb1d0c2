"""Every entry that was there when the program was built is there now."""

from __future__ import annotations

import json
from pathlib import Path

from gdstudio.core.listing import listing
from gdstudio.paths import resources
from gdstudio.selftest.step import NotHere, Step, expect


def _run(_: Path) -> str:
    built = resources() / "registry.json"
    if not built.is_file():
        raise NotHere("Only a frozen program holds the list that was made when it was built.")
    now = json.loads(json.dumps(listing()))
    then = json.loads(built.read_text(encoding="utf-8"))
    for family in sorted(set(now) | set(then)):
        have = {entry["key"] for entry in now.get(family, ())}
        want = {entry["key"] for entry in then.get(family, ())}
        expect(have == want, f"Of the {family} {sorted(want - have)} are missing and {sorted(have - want)} are new.")
    expect(now == then, "The entries are those of the build, but their settings differ.")
    return f"{sum(map(len, now.values()))} entries in {len(now)} families, as when it was built."


STEP = Step(key="registry", label="Nothing was left out of the build", run=_run, order=10)
