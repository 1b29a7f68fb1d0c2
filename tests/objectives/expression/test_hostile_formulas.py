"""Whatever is typed as a formula is refused in words or evaluated, at once and in little memory; nothing is run."""

from __future__ import annotations

import builtins
import os
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hostile_formulas import EVALUATED, REFUSED

from gdstudio.core.errors import StudioError
from gdstudio.objectives.expression.evaluate import Objective
from gdstudio.objectives.expression.parse import parse_formula

#: Seconds of the processor, best of three: a machine that is busy with other things is no fault of a formula.
LIMIT = 0.1
#: What Python reports before it runs code, reads a file, or starts a program.
TELLING = {"exec", "os.system", "os.exec", "os.fork", "subprocess.Popen", "open", "import", "pickle.find_class",
           "ctypes.dlopen", "socket.connect", "shutil.rmtree", "os.remove"}  # fmt: skip


class Canary:
    """Notes everything that is run while it watches.

    Hooks of Python's audit cannot be taken off again, so there is one, and it is deaf most of the time.
    """

    def __init__(self) -> None:
        self.watching = False
        self.sang: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event in TELLING:
            self.sang.append(f"{event}: {str(arguments)[:200]}")

    def __call__(self, *arguments: object) -> float:
        self.sang.append("canary()")
        return 0.0


CANARY = Canary()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Canary]:
    monkeypatch.setattr(builtins, "canary", CANARY, raising=False)
    monkeypatch.chdir(tmp_path)
    CANARY.sang.clear()
    yield CANARY
    assert CANARY.sang == []
    assert list(tmp_path.iterdir()) == []


def answer(text: str, n: int = 1_000) -> bool:
    """Read a formula and evaluate it with its gradient; whether it was accepted."""
    try:
        objective = Objective(parse_formula(text), {}, n)
    except StudioError as error:
        said = str(error)
        assert 10 < len(said) < 400, said
        assert "Traceback" not in said
        assert said.isprintable(), ascii(said)
        return False
    values, gradient = objective.with_gradient(torch.full((2, objective.dimensions), 0.5, dtype=torch.float64))
    assert values.shape == (2,)
    assert values.dtype == gradient.dtype == torch.float64  # complex results have no place to go
    assert gradient.shape == (2, objective.dimensions)
    return True


def best_seconds(text: str) -> float:
    """Of the processor, best of three."""
    least = float("inf")
    for _ in range(3):
        began = time.process_time()
        answer(text)
        least = min(least, time.process_time() - began)
        if least < LIMIT:
            break
    return least


def test_the_canary_sings_when_something_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "canary", CANARY, raising=False)
    CANARY.watching = True
    try:
        eval("canary()")
        os.system("true")
        (tmp_path / "canary").open("w").close()
    finally:
        CANARY.watching = False
    assert {sang.split(":")[0] for sang in CANARY.sang} == {"exec", "canary()", "os.system", "open"}


def test_hostile_formulas_are_hand_picked_and_many() -> None:
    assert len({*REFUSED, *EVALUATED}) == len(REFUSED) + len(EVALUATED) >= 300


@pytest.mark.parametrize("accepted", [False, True])
def test_hostile_formulas_are_answered_at_once_and_run_nothing(accepted: bool, watched: Canary) -> None:
    formulas = EVALUATED if accepted else REFUSED
    answer("sin(x) + sum(y_i) + log(x)")  # what is imported at first use is imported
    late = []
    for text in formulas:
        watched.watching = True
        try:
            assert answer(text) is accepted, text[:80]
            spent = best_seconds(text)
        finally:
            watched.watching = False
        assert watched.sang == [], text[:80]
        if spent >= LIMIT:
            late.append((spent, text[:80]))
    assert late == []


def test_hostile_formulas_take_little_memory(watched: Canary) -> None:
    tracemalloc.start()
    try:
        for text in sorted({*REFUSED, *EVALUATED}, key=len)[-60:]:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            answer(text, 10)
            assert tracemalloc.get_traced_memory()[1] - before < 20e6, text[:80]
    finally:
        tracemalloc.stop()


PIECES = [
    "x", "y", "z_1", "x_i", "i", "n", "pi", "e", "2", "0.5", "1e9", "+", "-", "*", "/", "**", "^", "%", "(", ")", ",",
    "sin(", "log(", "sum(", "where(", "max(", "norm(", "exp(", "<", "==", " ", ".", "[", "]", "lambda", "__import__",
    "'", "=", ":", "\u03c0", "if", "foo", "sqrt(", "abs(", "canary()", "canary(", "{", "}", "\x00", "\uff58",
]  # fmt: skip
SANE = 31


def fuzz(count: int, seed: int, watched: Canary) -> int:
    """How many of so many random formulas could be evaluated; each is refused or answered in time."""
    draw = random.Random(seed)
    answer("sin(x) + sum(y_i) + log(x)")
    accepted, late = 0, []
    for _ in range(count):
        pieces = PIECES[:SANE] if draw.random() < 0.8 else PIECES
        text = "".join(draw.choices(pieces, k=draw.randint(1, 12 if draw.random() < 0.95 else 400)))
        text += ")" * max(0, text.count("(") - text.count(")"))
        watched.watching = True
        try:
            began = time.process_time()
            accepted += answer(text, 3)
            if time.process_time() - began >= LIMIT and best_seconds(text) >= LIMIT:
                late.append(text[:80])
        finally:
            watched.watching = False
        assert watched.sang == [], text
    assert late == []
    return accepted


def test_random_formulas_are_refused_or_evaluated(watched: Canary) -> None:
    assert fuzz(3_000, 1, watched) > 30


@pytest.mark.slow
def test_very_many_random_formulas_are_refused_or_evaluated(watched: Canary) -> None:
    assert fuzz(100_000, 2, watched) > 1_000
