"""Everything that a run can be handed on as: what it is called, and what writes it.

Light to import: menus are drawn from it before torch has loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gdstudio.core.errors import StudioError

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset

#: The files that were written, and what else there is to say of them.
Written = tuple[list[Path], str]
#: ``(the run's folder, where to write, its data where they are at hand)``.
Write = Callable[[Path, Path, "Dataset | None"], Written]


@dataclass(frozen=True)
class Format:
    """One way to hand a run on.

    Attributes:
        label: In menus, with ``&`` before its mnemonic.
        help: What it is, in a sentence.
        name: The name that is offered.
        filter: The kind of file, as file dialogs have it; empty where a folder is written.
        icon: A Material Design icon.
        write: What writes it.
        descents: Whether a descent on a formula can be handed on so too.
    """

    label: str
    help: str
    name: str
    filter: str
    icon: str
    write: Write
    descents: bool = False


def export_as(key: str, folder: Path, out: Path, dataset: Dataset | None = None) -> Written:
    """Write a run's folder in another format.

    Args:
        key: Of :data:`FORMATS`.
        folder: The run's folder.
        out: The file, or the folder, to write.
        dataset: The run's data where they are at hand.

    Raises:
        StudioError: The run cannot be expressed so, or ``out`` cannot be written.
    """
    from gdstudio.projects.descents import load_descent

    chosen = FORMATS[key]
    if chosen.filter and out.is_dir():
        raise StudioError(f"{out} is a folder.", f"Name the file to write, e.g. {chosen.name}.")
    if not out.parent.is_dir():
        raise StudioError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")
    if not chosen.descents and load_descent(folder) is not None:
        fitting = ", ".join(name for name, known in FORMATS.items() if known.descents)
        raise StudioError(f"A descent on a formula cannot be written as {key}.", f"Formats that fit: {fitting}.")
    return chosen.write(folder, out, dataset)


def _script(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.runs import script_of

    return script_of(folder, out.stem, dataset).save(out), ""


def _notebook(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.notebook import save_notebook
    from gdstudio.projects.export.runs import script_of

    return save_notebook(script_of(folder, out.stem, dataset), out), ""


def _report(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.report import export_report

    return export_report(folder, out, dataset), ""


def _onnx(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.onnx_file import export_onnx

    written = export_onnx(folder, out, dataset)
    return written.files, written.note


def _weights(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.weights import export_weights

    return export_weights(folder, out), ""


def _csv(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.tables import export_tables

    return export_tables(folder, out), ""


def _tensorboard(folder: Path, out: Path, dataset: Dataset | None) -> Written:
    from gdstudio.projects.export.tensorboard import export_events

    return export_events(folder, out), f"Look at it with: tensorboard --logdir {out}"


FORMATS: Final = MappingProxyType(
    {
        "report": Format(
            "Re&port…",
            "One HTML file: data, settings, curves, scores with intervals, landscape",
            "report.html", "HTML (*.html)", "file-chart-outline", _report,
        ),
        "script": Format(
            "Python &script…",
            "A Python script that stands alone and gives the same numbers",
            "run.py", "Python (*.py)", "language-python", _script, descents=True,
        ),
        "notebook": Format(
            "&Notebook…",
            "The script as a Jupyter notebook, a cell for each part",
            "run.ipynb", "Notebook (*.ipynb)", "notebook-outline", _notebook, descents=True,
        ),
        "onnx": Format(
            "&ONNX model…",
            "The model with its preparation, for programs in other languages",
            "model.onnx", "ONNX (*.onnx)", "cube-send", _onnx,
        ),
        "weights": Format(
            "&Weights…",
            "The weights as safetensors, with a short program that loads them",
            "model.safetensors", "Weights (*.safetensors)", "weight", _weights,
        ),
        "csv": Format(
            "&Tables…",
            "A folder with history, scores and predictions as CSV files for a spreadsheet program",
            "tables", "", "table-arrow-right", _csv,
        ),
        "tensorboard": Format(
            "Tensor&Board events…",
            "A log folder with curves and scores for TensorBoard",
            "events", "", "chart-timeline-variant", _tensorboard,
        ),
    }
)  # fmt: skip
