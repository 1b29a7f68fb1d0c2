"""An experiment as one Python file that needs torch, pandas and scikit-learn alone, and gives the same numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

import gdstudio
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_atomic, write_text
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.projects.export import script_data, script_model, script_optimizer, script_preparation, script_training
from gdstudio.projects.export.script_known import refuse_unknown
from gdstudio.training.device import choose_device
from gdstudio.training.run import complete


@dataclass(frozen=True)
class Script:
    """A program that does what an experiment says.

    Attributes:
        summary: What it is, in plain sentences: a line, an empty one, a paragraph.
        options: What it says of its options.
        imports: One import a line.
        arguments: Code that reads the options; it needs argparse.
        setup: Code that comes first: constants and what is needed everywhere.
        sections: Titles and the code below each.
        writing: Code at the end that writes what the options name.
        table: Rows that must lie beside it; None where it can read them elsewhere.
        stem: Name of the file, without its ending.
    """

    summary: str
    options: str
    imports: str
    arguments: str
    setup: str
    sections: tuple[tuple[str, str], ...]
    writing: str
    table: pd.DataFrame | None
    stem: str

    @property
    def text(self) -> str:
        """The Python file."""
        said = f'"""{self.summary}\n\n{self.options}\n"""\n\n'
        head = f"{said}import argparse\n{self.imports}\n\n{self.arguments}\n{self.setup}"
        parts = [f"# {title}\n# {'-' * len(title)}\n\n{code.strip(chr(10))}" for title, code in self.sections]
        return "\n\n\n".join([head.rstrip("\n"), *parts]) + "\n\n" + self.writing

    @property
    def name(self) -> str:
        """The name that is offered for the file."""
        return f"{self.stem}.py"

    def save(self, path: Path) -> list[Path]:
        """Write the file and, where it needs them, its rows beside it; the files that were written.

        Raises:
            StudioError: The folder cannot be written.
        """
        beside, script = self.beside(path)
        write_text(path, script.text)
        return [path, *beside]

    def beside(self, path: Path) -> tuple[list[Path], Script]:
        """Write the rows that must lie beside a file, and have the code look for them under that file's name.

        Raises:
            StudioError: The folder cannot be written.
        """
        if self.table is None:
            return [], self
        table, data = self.table, path.with_name(f"{path.stem}_data.csv")
        write_atomic(data, lambda part: table.to_csv(part, index=False, lineterminator="\n", encoding="utf-8"))
        (title, reading), *others = self.sections
        reading = reading.replace(repr(f"{self.stem}_data.csv"), repr(data.name))
        return [data], replace(self, sections=((title, reading), *others), stem=path.stem)


def make_script(
    spec: ExperimentSpec, dataset: Dataset, stem: str = "experiment", data: DataCode | None = None
) -> Script:
    """The script of an experiment; nothing needs to be trained.

    Args:
        spec: The experiment.
        dataset: The dataset of ``spec.data``.
        stem: Name of the file without its ending.
        data: What :func:`data_code` gave for that dataset and stem, where it is known.

    Raises:
        StudioError: The script cannot express something of the experiment, so that its numbers would be others.
    """
    spec = complete(spec, dataset)
    refuse_unknown(spec)
    if choose_device(spec.training.device).type != "cpu":
        raise StudioError(
            "The script computes on the processor, and this experiment on the graphics card.",
            "Set training.device to cpu.",
        )
    data = data or data_code(dataset, stem)
    per_epoch = len(script_training.batch_sizes(spec, dataset))
    total = spec.training.epochs * per_epoch
    tools = (
        script_model.loss(spec, dataset),
        script_optimizer.optimizer(spec.optimizer),
        script_optimizer.learning_rate(spec.schedule, total, per_epoch, spec.training.lr_changes),
    )
    scores, writing = _evaluation(spec, dataset)
    sections = (
        ("1. Read the data", data.reading.code),
        ("2. Split the rows", data.splitting),
        (
            "3. Turn columns into numbers, with constants from the training rows alone",
            data.preparing,
        ),
        ("4. Build the model", script_model.model(spec, dataset)),
        ("5. Choose loss, optimizer and learning rate", "\n\n".join(tools)),
        ("6. Train", script_training.loop(spec, dataset)),
        ("7. Evaluate", scores),
    )
    body = "\n".join(code for _, code in sections)
    return Script(
        summary=_summary(spec, dataset),
        options=(
            "Options: --losses FILE writes the loss of every step, --predictions FILE the predictions of the test rows."
        ),
        imports="\n".join(line for line, sign in _IMPORTS.items() if sign in body),
        arguments=_ARGUMENTS,
        setup=_setup(spec, dataset),
        sections=sections,
        writing=writing,
        table=data.reading.table,
        stem=stem,
    )


@dataclass(frozen=True)
class DataCode:
    """What of a script depends on the data alone, and takes nearly all of the time.

    Attributes:
        reading: How it comes to its rows.
        splitting, preparing: Code.
    """

    reading: script_data.DataPart
    splitting: str
    preparing: str


def data_code(dataset: Dataset, stem: str) -> DataCode:
    """The code of a dataset, for a script of that name; raises StudioError as :func:`make_script` does."""
    return DataCode(
        script_data.reading(dataset, f"{stem}_data.csv"),
        script_data.splitting(dataset),
        script_preparation.preparing(dataset),
    )


#: Import → what a line that needs it has in it.
_IMPORTS = {
    "import hashlib": "",
    "import math": "math.",
    "from pathlib import Path": "Path(",
    "\nimport numpy as np": "",
    "import pandas as pd": "",
    "import torch": "",
    "from sklearn import datasets": "datasets.",
    "from sklearn import metrics": "",
    "from sklearn.model_selection import KFold": "KFold(",
    "from sklearn.model_selection import train_test_split": "train_test_split(",
    "from sklearn.preprocessing import TargetEncoder": "TargetEncoder(",
    "from torch import nn": "",
    "from torch.nn import functional as F": "F.",
}


_ARGUMENTS = """\
options = argparse.ArgumentParser()
options.add_argument("--losses", help="write step and train_loss as a CSV file")
options.add_argument("--predictions", help="write the predictions of the test rows as a CSV file")
options = options.parse_args()
"""


def _summary(spec: ExperimentSpec, dataset: Dataset) -> str:
    model = registry("models")[spec.model.kind]
    outputs = script_model.outputs_of(spec, dataset)
    summary = model.summary(spec.model, len(dataset.feature_names), outputs)  # type: ignore[attr-defined]
    return f"""\
{summary}, trained with {registry("optimizers")[spec.optimizer.kind].label} on {len(dataset.train):,} rows.

Written by Gradient Descent Studio {gdstudio.__version__}. It needs torch, pandas and scikit-learn, and gives the very
numbers of the studio where their versions, the processor and the number of threads are the same."""


def _setup(spec: ExperimentSpec, dataset: Dataset) -> str:
    classes = f"CLASSES = {list(dataset.classes)!r}\n" if dataset.classes else ""
    return f'''\
SEED = {spec.training.seed}  # decides the first weights, the order of the rows and what dropout drops
EPOCHS = {spec.training.epochs}  # how often every training row is seen
LEARNING_RATE = {float(spec.get("optimizer.lr"))!r}  # size of the steps
TARGET = {dataset.preparation.target!r}  # the column to predict
{classes}
torch.set_num_threads({spec.training.threads})  # another number can change the last digits


def stream_seed(seed, stream):
    """A seed of its own for each use of chance, so that one never disturbs another."""
    return int.from_bytes(hashlib.sha256(f"{{stream}}/{{seed}}".encode()).digest()[:6], "big")
'''


def _evaluation(spec: ExperimentSpec, dataset: Dataset) -> tuple[str, str]:
    """Code that scores, and code that writes what was asked for."""
    code = '''\
def predict(rows):
    """The model's raw outputs for some rows, with dropout switched off."""
    model.eval()
    with torch.no_grad():
        inputs = torch.from_numpy(np.ascontiguousarray(features[rows]))
        return torch.cat([model(part) for part in inputs.split(1024)]).numpy().astype(np.float64)


'''
    if dataset.classes:
        hstack = ""
        if script_model.outputs_of(spec, dataset) == 1:
            hstack = "    outputs = np.hstack([np.zeros_like(outputs), outputs])  # one output speaks of two classes\n"
        code += f'''\
def probabilities(outputs):
    """The softmax: numbers above 0 that add to 1."""
{hstack}    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


for name, part in (("train", train), ("validation", validation), ("test", test)):
    if not len(part):
        continue
    shares = probabilities(predict(part))
    predicted = shares.argmax(axis=1)
    print(f"{{name}}: {{len(part)}} rows")
    print(f"  accuracy {{metrics.accuracy_score(target[part], predicted):.4g}}")
    print(f"  log loss {{metrics.log_loss(target[part], shares, labels=range(len(CLASSES))):.4g}}")
'''
        if len(dataset.classes) == 2:
            code += """\
    if len(np.unique(target[part])) == 2:
        print(f"  ROC AUC {metrics.roc_auc_score(target[part], shares[:, 1]):.4g}")
"""
        columns = """\
    shares = probabilities(predict(test))
    names = np.array(CLASSES, dtype=object)
    table = {"row": test, "target": names[target[test]], "prediction": names[shares.argmax(axis=1)]}
    table |= {f"probability_{name}": shares[:, i] for i, name in enumerate(CLASSES)}
"""
    else:
        code += """\
truth = frame[TARGET].to_numpy(dtype=np.float64, na_value=np.nan)
for name, part in (("train", train), ("validation", validation), ("test", test)):
    if not len(part):
        continue
    predicted = predict(part)[:, 0] * target_scale + target_center  # back in the target's own unit
    print(f"{name}: {len(part)} rows")
    print(f"  mean absolute error {metrics.mean_absolute_error(truth[part], predicted):.4g}")
    print(f"  root mean squared error {metrics.mean_squared_error(truth[part], predicted) ** 0.5:.4g}")
    if len(part) > 1:
        print(f"  R² {metrics.r2_score(truth[part], predicted):.4g}")
"""
        columns = """\
    predicted = predict(test)[:, 0] * target_scale + target_center
    table = {"row": test, "target": truth[test], "prediction": predicted}
"""
    writing = f"""\
if options.losses:
    steps = pd.DataFrame({{"step": range(1, len(losses) + 1), "train_loss": losses}})
    steps.to_csv(options.losses, index=False, lineterminator="\\n")
if options.predictions:
{columns}    pd.DataFrame(table).to_csv(options.predictions, index=False, lineterminator="\\n")
"""
    return code, writing
