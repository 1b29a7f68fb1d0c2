"""The subcommands: everything that the window does, without one."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

import gdstudio
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.events import Event, LearningRateChanged, Note, Started
from gdstudio.core.fields import describe
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import FAMILIES, registry
from gdstudio.core.spec import ExperimentSpec, FileSource, parse_assignment

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

#: What typer raises for a wrong option or argument; it names the class only by its kinds.
UsageError: type[Any] = typer.BadParameter.__mro__[1]

CANCELLED = 130
BAD_INPUT = 2

app = typer.Typer(
    name="gdstudio",
    help="Gradient Descent Studio. Without a command it opens the window.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def is_command_line(arguments: Sequence[str]) -> bool:
    """Whether a subcommand runs; without arguments, or with a file that exists, the window opens."""
    return bool(arguments) and not Path(arguments[0]).is_file()


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one subcommand; a mistake is one or two lines on stderr and exit code 2."""
    try:
        code = app(args=list(arguments), standalone_mode=False)
        return int(code or 0)
    except StudioError as error:
        _complain(error.message, error.hint)
        return BAD_INPUT
    except typer.Exit as end:
        return int(end.exit_code)
    except UsageError as error:
        _complain(error.format_message(), "See gdstudio --help.")
        return BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        print("Cancelled.", file=sys.stderr)  # noqa: T201
        return CANCELLED
    except BrokenPipeError:
        # The reader of our output went away, e.g. `gdstudio list | head`: nobody is left to tell.
        sys.stdout = None  # type: ignore[assignment]
        return 0


SampleOption = Annotated[str | None, typer.Option("--sample", help="A sample by name; see gdstudio list samples.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="A table file.")]
TargetOption = Annotated[str | None, typer.Option("--target", help="The column to predict; guessed otherwise.")]
SpecOption = Annotated[Path | None, typer.Option("--spec", help="An experiment as JSON, e.g. a run's spec.json.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting, e.g. optimizer.lr=0.01.")
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Gradient Descent Studio. Without a command it opens the window."""
    if version:
        print(f"gdstudio {gdstudio.__version__}")  # noqa: T201
        raise typer.Exit


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", metavar="RUN_DIR", help="The folder that the run is written to.")],
    sample: SampleOption = None,
    data: DataOption = None,
    target: TargetOption = None,
    spec: SpecOption = None,
    set_: SetOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Train one experiment and write its run folder."""
    experiment = _experiment(sample, data, target, spec, set_, device)
    from gdstudio.training.run import run_experiment
    from gdstudio.training.run_folder import claim

    claim(out)
    control = RunControl()
    with _interruptible(control), _Progress() as progress:
        result = run_experiment(experiment, control=control, history=progress.history, on_event=progress.hear)
    result.save(out)
    _report(result, out, as_json)
    return CANCELLED if result.status == "cancelled" else 0


@app.command()
def evaluate(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a trained run again, on its own data or on a new file."""
    from gdstudio.training.run_folder import load_run

    run = load_run(run_dir)
    metrics = run.evaluate() if data is None else {str(data): run.evaluate_file(data)}
    if as_json:
        _print_json(metrics)
    else:
        _print_metrics(metrics)


@app.command()
def predict(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    data: Annotated[Path, typer.Option("--data", help="The file whose rows are predicted.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="Where the predictions are written.")],
) -> None:
    """Predict the rows of a file."""
    from gdstudio.training.run_folder import load_run

    for note in load_run(run_dir).predict_file(data, out):
        _say(note)
    _say(f"Predictions written to {out}.")


@app.command("list")
def list_(
    family: Annotated[str | None, typer.Argument(help=f"One of {', '.join(FAMILIES)}; all otherwise.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what can be chosen, with every setting and its default."""
    if family is not None and family not in FAMILIES:
        raise StudioError(f"There is no list of {family}.", nearest(family, FAMILIES))
    families = [family] if family else list(FAMILIES)
    listing = {name: [_entry(name, key) for key in registry(name)] for name in families}
    if as_json:
        _print_json(listing)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, entries in listing.items():
        table = Table(title=name, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("name", no_wrap=True)
        table.add_column("what it is")
        table.add_column("settings")
        for entry in entries:
            settings = ", ".join(f"{s['name']}={json.dumps(s['default'])}" for s in entry["settings"])
            table.add_row(entry["key"], entry["label"], settings)
        console.print(table)
        console.print()


def _entry(family: str, key: str) -> dict[str, Any]:
    entry = registry(family)[key]
    defaults = entry.settings(kind=key).model_dump(mode="json")
    return {
        "key": key,
        "label": entry.label,
        "settings": [{"name": f.name, "label": f.label, "default": defaults[f.name]} for f in describe(entry.settings)],
    }


def _experiment(
    sample: str | None,
    data: Path | None,
    target: str | None,
    spec: Path | None,
    assignments: Sequence[str] | None,
    device: str | None,
) -> ExperimentSpec:
    """The experiment that the options describe; raises StudioError where they contradict each other."""
    sources = [name for name, given in (("--sample", sample), ("--data", data), ("--spec", spec)) if given is not None]
    if len(sources) != 1:
        said = "none was given" if not sources else f"{' and '.join(sources)} were given together"
        raise StudioError(
            f"One of --sample, --data and --spec says what to train on; {said}.", "See gdstudio train --help."
        )
    experiment = ExperimentSpec.load(spec) if spec is not None else ExperimentSpec()
    values: dict[str, Any] = {}
    if sample is not None:
        values["data.source.kind"] = sample
    elif data is not None:
        values["data.source"] = FileSource(path=str(data)).model_dump(mode="json")
    if target is not None:
        values["data.target"] = target
    values.update(parse_assignment(text) for text in assignments or ())
    if device is not None:
        values["training.device"] = device
    return experiment.with_values(values)


@contextmanager
def _interruptible(control: RunControl) -> Iterator[None]:
    """Ctrl+C and a polite kill end the run between two steps, so that what was done is kept."""

    def cancel(number: int, frame: FrameType | None) -> None:
        if control.cancelled:
            raise KeyboardInterrupt
        control.cancel()

    previous = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class _Progress:
    """Progress on stderr, read from the history: a bar on a terminal, plain lines otherwise."""

    def __init__(self) -> None:
        self.history = RunHistory()
        self._total = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="progress", daemon=True)

    def __enter__(self) -> _Progress:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def hear(self, event: Event) -> None:
        """Notes become lines; the start says how many steps there will be."""
        match event:
            case Started():
                self._total = event.total_steps
            case Note():
                _say(event.text)
            case LearningRateChanged():
                _say(f"Learning rate {event.lr:g} from step {event.step} on.")

    def _report(self) -> None:
        if sys.stderr.isatty():
            self._bar()
        else:
            self._lines()

    def _bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        losses = TextColumn("{task.fields[losses]}")
        columns = (TextColumn("Training"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), losses)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None, losses="")
            while not self._ended.wait(0.1):
                bar.update(task, total=self._total or None, completed=len(self.history.steps), losses=self._losses())

    def _lines(self) -> None:
        told = 0
        while not self._ended.wait(0.2):
            tenth = 10 * len(self.history.steps) // self._total if self._total else 0
            if tenth > told:
                told = tenth
                _say(f"{10 * tenth} % of {self._total} steps. {self._losses()}")

    def _losses(self) -> str:
        epochs = self.history.epochs.snapshot()
        if not len(epochs["epoch"]):
            return ""
        text = f"Epoch {epochs['epoch'][-1]:.0f}: loss {epochs['train_loss'][-1]:.4g}"
        validation = epochs["validation_loss"][-1]
        return f"{text}, validation {validation:.4g}" if validation == validation else text


def _report(result: RunResult, out: Path, as_json: bool) -> None:
    if as_json:
        _print_json(
            {"run": str(out), "status": result.status, "message": result.message, "steps": result.steps,
             "metrics": result.metrics}
        )  # fmt: skip
        return
    _print_metrics(result.metrics)
    _say(f"Run written to {out}.")


def _print_metrics(metrics: Mapping[str, Any]) -> None:
    """A table of the scores that are plain numbers, a column a part."""
    from rich.console import Console
    from rich.table import Table

    parts = [name for name, scores in metrics.items() if scores]
    names = [n for n, v in metrics[parts[0]].items() if isinstance(v, int | float) or v is None] if parts else []
    table = Table(box=None, pad_edge=False)
    table.add_column("score")
    for part in parts:
        table.add_column(part, justify="right")
    for name in names:
        table.add_row(name, *(_number(metrics[part].get(name)) for part in parts))
    Console().print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "not defined"
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))  # noqa: T201


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


def _complain(message: str, hint: str) -> None:
    _say(" ".join(f"gdstudio: {message}".split()))
    if hint:
        _say(" ".join(hint.split()))
