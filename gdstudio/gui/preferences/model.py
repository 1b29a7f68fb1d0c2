"""The settings of the program: declared once, read by the dialog, the file and whoever acts on them.

They never decide a number of a run: what does is part of the experiment, and these only say how a new one begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Frozen, registry

if TYPE_CHECKING:
    Sample = str
else:
    Sample = Literal[tuple(registry("samples"))]


class Appearance(Frozen):
    """How the window looks."""

    scheme: Literal["system", "light", "dark"] = setting(
        "system",
        label="Colours",
        labels={"system": "As the system has them", "light": "Light", "dark": "Dark"},
        help="The system's choice is followed while the program runs.",
    )
    text_scale: int = setting(
        100,
        label="Text size",
        unit="%",
        ge=70,
        le=250,
        help="Of all text, on top of the system's own scaling. 130 to 160 can be read from the back of a room.",
    )
    line_width: float = setting(
        1.8,
        label="Width of lines",
        unit="pixels",
        ge=0.5,
        le=8,
        help="Of the curves in charts; 3 is well seen on a projector.",
    )
    redraws: int = setting(
        25,
        label="Redraws",
        unit="per second",
        ge=1,
        le=60,
        help="How often charts look for new steps while a run goes. Fewer leave more of a slow computer, or of a "
        "remote desktop's line, to the training.",
    )


class NewExperiment(Frozen):
    """What a new experiment begins with."""

    sample: Sample = setting(
        "purchase",
        label="Data at the start",
        labels={key: entry.label for key, entry in registry("samples").items()},
        help="The sample that is loaded when the program starts without a file.",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto",
        label="Device",
        labels={"auto": "Automatic", "cpu": "Processor", "cuda": "NVIDIA card"},
        help="Where a new experiment is computed; it can be changed in the Training panel.",
    )
    threads: int = setting(
        1,
        label="Threads",
        ge=1,
        le=256,
        help="Processor threads of a new experiment. One is fastest for the usual tables; another number can change "
        "the last digits of a result.",
    )


class Saving(Frozen):
    """Where files go and how often work is kept."""

    folder: str = setting(
        "",
        label="Folder for files",
        max_length=4_000,
        help="Where dialogs begin that ask for a file or a folder. Empty is the folder that the program was started "
        "in, or your documents.",
    )
    autosave_seconds: int = setting(
        30,
        label="Keep work every",
        unit="s",
        ge=5,
        le=3_600,
        help="How often what was changed is kept for the case that the program or the computer fails.",
    )


class Preferences(Appearance, NewExperiment, Saving):
    """All settings, side by side."""


#: Title → the part of the settings below it, in the order of the dialog.
SECTIONS: dict[str, type[Frozen]] = {"Appearance": Appearance, "New experiments": NewExperiment, "Files": Saving}
