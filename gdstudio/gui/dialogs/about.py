"""What this program is, which version, and on what it rests."""

from __future__ import annotations

import html
import platform
import sys
from pathlib import Path

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

import gdstudio
from gdstudio import paths
from gdstudio.core.build import torch_build


def about(parent: QWidget, settings: Path) -> None:
    """Open the box.

    Args:
        parent: The window.
        settings: The folder in which they lie.
    """
    box = QMessageBox(parent)
    box.setObjectName("dialog.about")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About Gradient Descent Studio")
    box.setIconPixmap(parent.windowIcon().pixmap(64))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setText(about_text(settings))
    box.open()


def about_text(settings: Path) -> str:
    """Rich text: version, builds, folders, licence."""
    build = torch_build()
    torch = f"PyTorch {build}" if build else "no PyTorch"
    card = (
        "This build can train on graphics cards."
        if build and build.accelerator
        else "The CPU build trains on the processor alone. How a lab with NVIDIA cards gets the CUDA build is in the "
        "README, under Graphics cards."
    )
    source = "installed program" if getattr(sys, "frozen", False) else "run from source"
    kept = "portable, with everything" if paths.portable_folder() else "settings"
    return (
        f"<h3>Gradient Descent Studio {gdstudio.__version__}</h3>"
        "<p>Load data, build a model, watch gradient descent, understand the result.</p>"
        f"<p>{torch}<br>Qt {PySide6.__version__}, Python {platform.python_version()}, {source}</p>"
        f"<p>{card}</p>"
        f"<p>{kept.capitalize()} in {html.escape(str(settings))}<br>"
        f"Log in {html.escape(str(paths.user_state()))}</p>"
        "<p>MIT licence. Made with PyTorch, Qt, pyqtgraph, pandas and scikit-learn.</p>"
    )
