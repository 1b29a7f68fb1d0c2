"""The rules of the house that a reader of one file cannot see: who imports whom, how large, what is never used."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gdstudio"
MODULES = sorted(PACKAGE.rglob("*.py"))
OUTSIDE_GUI = [path for path in MODULES if PACKAGE / "gui" not in path.parents]

MAXIMAL_LINES = 400
TOP_LEVEL = {"gdstudio", "resources", "tests", "pyproject.toml", "build.spec", "README.md"}
WINDOW = ("PySide6", "shiboken6", "pyqtgraph", "qtpy", "qtawesome", "OpenGL", "gdstudio.gui")
#: Run what a file says, or reach over the network.
UNSAFE_MODULES = (
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve",
    "socket", "socketserver", "ssl", "urllib", "urllib3", "http", "ftplib", "smtplib", "xmlrpc",
    "requests", "httpx", "aiohttp", "websockets", "numexpr", "sympy", "code", "codeop",
    "PySide6.QtNetwork", "PySide6.QtWebEngineCore", "torch.hub",
)  # fmt: skip
UNSAFE_BUILTINS = {"eval", "exec", "compile", "__import__"}
UNSAFE_CALLS = {"torch.load", "torch.save", "pd.read_pickle", "pandas.read_pickle", "pd.eval", "pandas.eval"}


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that the code names in an import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: Sequence[str]) -> bool:
    """Whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def unsafe(tree: ast.AST) -> Iterator[str]:
    """What runs a text as a program or unpickles, as it is written."""
    yield from (name for name in imports(tree) if within(name, UNSAFE_MODULES) or name in UNSAFE_CALLS)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        # A module's own eval() takes nothing; a data frame's eval takes a program.
        takes_a_program = called.endswith(".eval") and (node.args or node.keywords)
        if takes_a_program or called in UNSAFE_BUILTINS | UNSAFE_CALLS or called.endswith(".extractall"):
            yield called
        for keyword in node.keywords:
            if keyword.arg == "allow_pickle" and getattr(keyword.value, "value", True) is not False:
                yield f"{called}(allow_pickle=...)"


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(cwd)},
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=90,
    )  # fmt: skip


def test_training_headless_loads_nothing_of_the_window_unpickles_nothing_and_asks_no_network() -> None:
    code = """
import json, sys
heard = set()
sys.addaudithook(lambda event, _: heard.add(event) if event.startswith(("socket.", "pickle.", "urllib.")) else None)
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.run import run_experiment
import importlib.util, pathlib, socket, tempfile
def refuse(*_, **__):
    raise RuntimeError("no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
with tempfile.TemporaryDirectory() as folder:
    run = pathlib.Path(folder) / "run"
    run_experiment(ExperimentSpec().with_values({"training.epochs": 2})).save(run)
    from gdstudio.projects.export.formats import FORMATS, export_as
    from gdstudio.training.run_folder import load_run
    load_run(run).evaluate()
    for key in FORMATS:
        if key != "onnx" or importlib.util.find_spec("onnx"):
            export_as(key, run, run.with_suffix(f".{key}"))
print(json.dumps({"modules": sorted(sys.modules), "heard": sorted(heard)}))
"""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "torch" in seen["modules"]
    assert [name for name in seen["modules"] if within(name, WINDOW)] == []
    assert seen["heard"] == []


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed beside this Python")
    if not (PACKAGE / "gui").is_dir():
        pytest.skip("the contracts name the window's modules")
    done = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_too_long() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > MAXIMAL_LINES} == {}


def test_top_level_holds_only_what_the_design_names() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {line.split("/")[0] for line in listed.splitlines()}
    found = {name for name in names if not name.startswith(".")}
    assert found | {"build.spec"} == TOP_LEVEL


def test_only_the_window_imports_qt() -> None:
    found = {
        str(path.relative_to(ROOT)): name
        for path in OUTSIDE_GUI
        for name in imports(parse(path))
        # The entrance decides between window and command line.
        if within(name, WINDOW) and path.name != "__main__.py"
    }
    assert found == {}
    entrance = [name for name in imports(parse(PACKAGE / "__main__.py")) if within(name, WINDOW)]
    assert entrance == ["gdstudio.gui.launch.launch"]


def test_tests_of_other_rooms_do_not_need_the_window() -> None:
    found = {
        str(path.relative_to(ROOT)): name
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path.relative_to(ROOT).parts[1] not in ("gui", "benchmarks")
        for name in imports(parse(path))
        if within(name, WINDOW)
    }
    assert found == {}


def test_nothing_runs_texts_unpickles_or_reaches_the_network() -> None:
    assert {str(path.relative_to(ROOT)): found for path in MODULES if (found := list(unsafe(parse(path))))} == {}


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "archive.extractall(folder)",
        "frame.eval(text)",
        "import pickle",
        "from urllib.request import urlopen",
        "def f():\n    import socket",
        "torch.load(path)",
        "from torch import load",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_what_is_never_used_would_be_found(code: str) -> None:
    assert list(unsafe(ast.parse(code)))


@pytest.mark.parametrize("code", ["model.eval()", "re.compile(text)", "np.load(path, allow_pickle=False)"])
def test_what_only_looks_alike_is_let_pass(code: str) -> None:
    assert not list(unsafe(ast.parse(code)))


def test_without_the_window_everything_else_still_works(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "gdstudio", ignore=shutil.ignore_patterns("__pycache__", "gui"))
    shutil.copytree(ROOT / "resources", tmp_path / "resources")
    where = python("-c", "import gdstudio; print(gdstudio.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()) == tmp_path / "gdstudio" / "__init__.py"

    listed = python("-m", "gdstudio", "list", "--json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "purchase" in [entry["key"] for entry in json.loads(listed.stdout)["samples"]]

    quick = ("--set", "training.epochs=1")
    trained = python("-m", "gdstudio", "train", "--sample", "iris", *quick, "--out", "R", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "R" / "metrics.json").exists()

    opened = python("-m", "gdstudio", cwd=tmp_path)
    assert opened.returncode == 2
    assert "Traceback" not in opened.stderr
    assert "no window" in opened.stderr
