"""A script as a notebook: the same code, a cell for each of its parts.

Source of the format: nbformat 4.5, https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gdstudio.core.files import write_text
from gdstudio.projects.export.script import Script

#: How a script finds the rows that lie beside it; a notebook has no ``__file__`` and is started in its own folder.
_BESIDE = re.compile(r"Path\(__file__\)\.resolve\(\)\.with_name\(([^()]*)\)")


def notebook_of(script: Script) -> dict[str, Any]:
    """The notebook's JSON; its cells' code, one after the other, computes what the script computes."""
    title, _, rest = script.summary.partition("\n\n")
    cells = [_cell("markdown", "about", f"# {title.rstrip('.')}\n\n{rest}")]
    cells.append(_cell("code", "setup", f"{script.imports}\n\n{script.setup}"))
    for number, (heading, code) in enumerate(script.sections, 1):
        cells.append(_cell("markdown", f"title-{number}", f"## {heading}"))
        cells.append(_cell("code", f"code-{number}", _BESIDE.sub(r"Path(\1)", code)))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def save_notebook(script: Script, path: Path) -> list[Path]:
    """Write the notebook and, where it needs them, its rows beside it; the files that were written.

    Raises:
        StudioError: The folder cannot be written.
    """
    beside, script = script.beside(path)
    write_text(path, json.dumps(notebook_of(script), indent=1, ensure_ascii=False) + "\n")
    return [path, *beside]


def _cell(kind: str, name: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind, "id": name, "metadata": {}, "source": source.strip("\n").splitlines(keepends=True),
    }  # fmt: skip
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell
