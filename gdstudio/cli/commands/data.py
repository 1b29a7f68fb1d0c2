"""``gdstudio data``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gdstudio.cli.app import BAD_INPUT, app
from gdstudio.cli.output import complain, print_json
from gdstudio.core.errors import StudioError

#: Endings under which plain text is kept as it is named; anything else becomes ``.csv``.
#: A name of millions of letters is none; the JSON document has it whole.
_LONGEST_SHOWN = 1_000
_TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".psv")
#: What a description says before its columns, in this order, where the format has it.
_DETAILS = (
    "encoding", "delimiter", "quote", "escape", "decimal", "header", "skip_rows", "skip_footer", "line_end", "sheet",
    "table",
)  # fmt: skip


@app.command()
def data(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Tables in any format that is known.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="CLEAN.csv|DIR",
            help="Writes the table as UTF-8 CSV with every cell's text as it stood; of several files, into this "
            "folder under their own names.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what the readers make of files, and write them as plain CSV.

    With --json the document is ``{"files": [...]}``, an object for each file in the order of the arguments: ``path``
    and either ``error`` (``message``, ``hint``) or what was detected, and ``out`` where a copy was written. A file
    that cannot be read does not stop the others; the exit code is then 2.
    """
    targets = _targets(files, out)
    documents: list[dict[str, Any]] = []
    for path, target in zip(files, targets, strict=True):
        try:
            document = _describe(path, target, files)
        except StudioError as error:
            complain(_printable(error.message), _printable(error.hint))
            document = {"path": str(path), "error": {"message": error.message, "hint": error.hint}}
        documents.append(document)
        if not as_json and "error" not in document:
            _print(document)
    if as_json:
        print_json(json.loads(_printable(json.dumps({"files": documents}, ensure_ascii=False))))
    if any("error" in document for document in documents):
        raise typer.Exit(BAD_INPUT)


def _describe(path: Path, target: Path | None, files: list[Path]) -> dict[str, Any]:
    """What was detected in one file; its copy is written where ``target`` is given."""
    from gdstudio.core.spec import FileSource
    from gdstudio.data.describe import description, write_clean_csv
    from gdstudio.data.load import load_table

    table = load_table(FileSource(path=str(path)))
    found = description(table, path)
    del found["file"]
    document = {"path": str(path), **found}
    if target is not None:
        if target.exists() and any(target.samefile(file) for file in files if file.exists()):
            raise StudioError(f"{target} is one of the files that are read.", "Choose another place for the copies.")
        _make_folder(target.parent)
        write_clean_csv(table, target)
        document["out"] = str(target)
    return document


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The folder {folder} cannot be made: {error.strerror or error}.", "Choose another one."
        ) from None


def _targets(files: list[Path], out: Path | None) -> list[Path | None]:
    """Where each file's copy goes: one file to ``out`` itself unless that is a folder, several into it."""
    if out is None:
        return [None] * len(files)
    if len(files) == 1 and not out.is_dir():
        return [out]
    if out.exists() and not out.is_dir():
        raise StudioError(f"{out} is a file, and {len(files)} copies need a folder.", "Name a folder with --out.")
    taken: set[str] = set()
    targets: list[Path | None] = []
    for file in files:
        name = file.name if file.suffix.lower() in _TEXT_ENDINGS else f"{file.name.split('.')[0] or file.name}.csv"
        stem, ending = Path(name).stem, Path(name).suffix
        number = 1
        # Names that differ only in case are one file on Windows and macOS.
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}{ending}"
        taken.add(name.casefold())
        targets.append(out / name)
    return targets


def _print(document: Mapping[str, Any]) -> None:
    """One file for a person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def cell(value: object) -> Text:
        text = str(value)
        return Text(_printable(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"))

    console = Console(highlight=False)
    rows, count = document["rows"], len(document["columns"])
    console.print(cell(f"{document['path']}: {rows:,} rows, {count:,} columns"), style="bold", soft_wrap=True)
    said = [f"{name.replace('_', ' ')} {_shown(document[name])}" for name in _DETAILS if document.get(name) is not None]
    console.print(cell("  " + ", ".join([f"read as {document['reader']}", *said])), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("column", overflow="fold")
    for name in ("type", "role"):
        table.add_column(name, no_wrap=True)
    for name in ("missing", "distinct"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for column in document["columns"]:
        numbers = (f"{column[name]:,}" for name in ("missing", "distinct"))
        table.add_row(*map(cell, (column["name"], column["type"], column["role"], *numbers, column["reason"])))
    console.print(table)
    for note in document["notes"]:
        console.print(cell(f"  {note}"), soft_wrap=True)
    if "out" in document:
        console.print(cell(f"  Written to {document['out']}."), soft_wrap=True)
    console.print()


def _shown(value: object) -> str:
    """A detected value; what cannot be seen is written as an escape."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _printable(text: str) -> str:
    """Half surrogate pairs, from names that are no UTF-8, cannot be printed."""
    return text.encode("utf-8", "replace").decode("utf-8")
