"""A run's weights as safetensors, with a short program that loads them."""

from __future__ import annotations

import shutil
from pathlib import Path

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_atomic, write_text
from gdstudio.projects.export.script_model import layers
from gdstudio.training.modules import loss_entry
from gdstudio.training.run_folder import load_run


def export_weights(folder: Path, out: Path) -> list[Path]:
    """Write the weights of a saved run, and beside them a program that loads them; the files that were written.

    Args:
        folder: The run's folder.
        out: The file of the weights.

    Raises:
        StudioError: The folder is no run or damaged, or ``out`` cannot be written.
    """
    if out.suffix == ".py":
        raise StudioError(f"{out} is the name of a program.", f"Name the weights, e.g. {out.stem}.safetensors.")
    run = load_run(folder)
    preparation = run.preparation
    names = list(run.model.state_dict())  # a damaged file is refused here
    outputs = loss_entry(run.spec).outputs(preparation.task, len(preparation.classes))
    lines = layers(run.spec, len(preparation.feature_names), outputs)
    named = "".join(f"    ({name!r}, {line}),\n" for name, line in zip(_children(names, lines), lines, strict=True))
    inputs = "".join(f"    {name!r},\n" for name in preparation.feature_names)
    if preparation.classes:
        outcome = (
            f"# {outputs} number{'s' * (outputs > 1)} a row, before the softmax over {list(preparation.classes)!r}"
        )
        if outputs == 1:
            outcome = f"# one number a row; above 0 it speaks for {preparation.classes[-1]!r}"
    else:
        outcome = (
            f"# times {preparation.target_scale!r} plus {preparation.target_center!r} it is {preparation.target!r}"
        )
    program = f'''\
"""Loads the weights of the file beside it. It needs torch and safetensors."""

from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

#: What the model expects, in this order, prepared as the run's preparation.json says.
INPUTS = [
{inputs}]

model = nn.Sequential(OrderedDict([
{named}]))
model.load_state_dict(load_file(Path(__file__).resolve().with_name({out.name!r})))
model.eval()  # switches dropout off

if __name__ == "__main__":
    with torch.no_grad():
        print(model(torch.zeros(1, len(INPUTS))))  {outcome}
'''
    beside = out.with_name(f"{out.stem}_load.py")

    def write(temporary: Path) -> None:
        shutil.copyfile(folder / "model.safetensors", temporary)

    write_atomic(out, write)
    write_text(beside, program)
    return [out, beside]


def _children(names: list[str], lines: list[str]) -> list[str]:
    """The name of each layer in the file; those without weights get their kind and number."""
    found = iter(dict.fromkeys(name.rsplit(".", 1)[0] for name in names))
    weighted = ("nn.Linear", "nn.BatchNorm1d", "nn.LayerNorm")
    return [
        next(found) if line.startswith(weighted) else f"{line.split('(')[0].removeprefix('nn.').lower()}_{number}"
        for number, line in enumerate(lines, 1)
    ]
