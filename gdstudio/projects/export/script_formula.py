"""A descent on a formula as one Python file that needs torch alone, and gives the same numbers."""

from __future__ import annotations

import gdstudio
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.objectives.expression.evaluate import Objective
from gdstudio.objectives.expression.torch_code import body_of
from gdstudio.projects.export import script_optimizer
from gdstudio.projects.export.script import Script
from gdstudio.training.minimize import make_objective

#: Longer lines of numbers are broken.
_WIDTH = 110


def make_formula_script(spec: MinimizeSpec) -> Script:
    """The script of a descent; nothing needs to be computed.

    Args:
        spec: The descent; a start that is drawn is drawn by the script in the same way.

    Raises:
        StudioError: The formula cannot be read, or the script cannot express something of the descent.
    """
    objective = make_objective(spec.objective)
    tools = (
        script_optimizer.optimizer(spec.optimizer, "[point]", fused=False),
        script_optimizer.learning_rate(spec.schedule, spec.training.steps, 1),
    )
    sections = (
        ("1. The function", _function(objective)),
        ("2. Choose where to begin", _start(spec, objective)),
        ("3. Choose optimizer and learning rate", "\n\n".join(tools)),
        ("4. Walk down", _loop(spec)),
        ("5. Look at the result", _RESULT),
    )
    draws = "stream_seed(" in "".join(code for _, code in sections)
    return Script(
        summary=_summary(spec, objective),
        options="Options: --losses FILE writes the point and its value after every step.",
        imports="import csv\n" + ("import hashlib\n" if draws else "") + "import math\n\nimport torch",
        arguments=_ARGUMENTS,
        setup=_setup(spec, objective, draws, "number(" in sections[0][1]),
        sections=sections,
        writing=_WRITING,
        table=None,
        stem="descent",
    )


def _summary(spec: MinimizeSpec, objective: Objective) -> str:
    return f"""\
{registry("optimizers")[spec.optimizer.kind].label} walks down {" ".join(objective.expression.text.split())}

Written by Gradient Descent Studio {gdstudio.__version__}. It needs torch alone, and gives the very numbers of the
studio where torch's version, the processor and the number of threads are the same."""


_ARGUMENTS = """\
options = argparse.ArgumentParser()
options.add_argument("--losses", help="write step, point and value as a CSV file")
options = options.parse_args()
"""


def _setup(spec: MinimizeSpec, objective: Objective, draws: bool, wraps: bool) -> str:
    """Constants, and what is needed everywhere.

    Args:
        spec: The descent.
        objective: Its function.
        draws: Whether anything is drawn.
        wraps: Whether numbers are made tensors.
    """
    noise = spec.objective.noise
    code = f"""\
STEPS = {spec.training.steps}  # the most that are taken
LEARNING_RATE = {float(spec.get("optimizer.lr"))!r}  # size of the steps
TOLERANCE = {spec.training.tolerance!r}  # a gradient no longer than this is the bottom
"""
    code += f"SEED = {spec.training.seed}  # decides what is drawn\n" if draws else ""
    code += f"NOISE = {noise!r}  # standard deviation of what is added to every gradient\n" if noise else ""
    code += f"""\
VARIABLES = {_wrapped([repr(name) for name in objective.variables])}

torch.set_num_threads({spec.training.threads})  # another number can change the last digits
"""
    return code + (_DRAWING if draws else "") + (_WRAPPING if wraps else "")


_DRAWING = '''

def stream_seed(seed, stream):
    """A seed of its own for each use of chance, so that one never disturbs another."""
    return int.from_bytes(hashlib.sha256(f"{stream}/{seed}".encode()).digest()[:6], "big")
'''
_WRAPPING = '''

def number(value):
    """A number as a tensor, for what torch computes otherwise with plain numbers."""
    return torch.tensor(value, dtype=torch.float64)
'''


def _function(objective: Objective) -> str:
    lines = "\n".join(f"    {line}" for line in body_of(objective))
    formula = " ".join(objective.expression.text.split())
    return f'def value(point):\n    """The formula {formula}."""\n{lines}\n'


def _start(spec: MinimizeSpec, objective: Objective) -> str:
    if spec.training.start:
        if len(spec.training.start) != objective.dimensions:
            raise StudioError(
                f"The start has {len(spec.training.start)} numbers, and the formula {objective.dimensions} variables.",
                "Give one number for each variable.",
            )
        numbers = _wrapped([repr(x) for x in spec.training.start])
        return f"start = torch.tensor({numbers}, dtype=torch.float64)\npoint = torch.nn.Parameter(start)\n"
    return f"""\
generator = torch.Generator().manual_seed(stream_seed(SEED, "weights"))
drawn = torch.rand(len(VARIABLES), generator=generator, dtype=torch.float64)
point = torch.nn.Parameter((2 * drawn - 1) * {spec.training.start_range!r})  # between minus this and this
"""


def _wrapped(items: list[str]) -> str:
    """A list as Python, over several lines where it is long."""
    text = f"[{', '.join(items)}]"
    if len(text) <= _WIDTH - 20:
        return text
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "[\n" + "\n".join([*lines, line]) + "\n]"


def _loop(spec: MinimizeSpec) -> str:
    noisy = spec.objective.noise > 0
    code = ""
    if noisy:
        code += 'noise = torch.Generator().manual_seed(stream_seed(SEED, "noise"))\n\n\n'
    code += '''\
def measure():
    """The value where the point stands, and the gradient there, put where the optimizer finds it."""
    optimizer.zero_grad()
    height = value(point)
    height.backward()
    return height.item()


'''
    if noisy:
        code += '''\
def disturb():
    """Add noise to the gradient, as rows drawn at random would bring it."""
    point.grad += NOISE * torch.randn(point.shape, generator=noise, dtype=torch.float64)


'''
    code += """\
height = measure()
path = [(point.tolist(), height)]
for step in range(STEPS):
"""
    stop = "    if torch.linalg.vector_norm(point.grad) <= TOLERANCE"
    code += f"{stop} and step > 0:\n" if noisy else f"{stop}:\n"
    code += """\
        break  # the bottom
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step)
"""
    if noisy:
        code += "    disturb()\n"
    if spec.optimizer.kind == "lbfgs":
        code += """\

    def evaluate_again():
        \"\"\"L-BFGS looks at several points before it steps.\"\"\"
        height = measure()
"""
        code += "        disturb()\n" if noisy else ""
        code += "        return height\n\n    optimizer.step(evaluate_again)\n"
    else:
        code += "    optimizer.step()\n"
    code += "    height = measure()\n"
    if spec.schedule.kind == "plateau":
        code += "    plateau.observe(height)\n"
    return (
        code
        + """\
    path.append((point.tolist(), height))
    if not (math.isfinite(height) and torch.isfinite(point.grad).all()):
        print(f"Stopped at step {step + 1}: the value is {height}; try a smaller learning rate.")
        break
"""
    )


_RESULT = """\
heights = [height if math.isfinite(height) else math.inf for _, height in path]
best = heights.index(min(heights))
print(f"Lowest value {path[best][1]:.6g} after step {best} of {len(path) - 1}")
for name, coordinate in zip(VARIABLES, path[best][0]):
    print(f"  {name} = {coordinate:.6g}")
"""
_WRITING = """\
if options.losses:
    with open(options.losses, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\\n")
        rows.writerow(["step", *VARIABLES, "value"])
        rows.writerows([step, *point, height] for step, (point, height) in enumerate(path))
"""
