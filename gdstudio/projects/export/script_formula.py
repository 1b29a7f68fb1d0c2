"""A descent on a formula as one Python file that needs torch alone, and gives the same numbers."""

from __future__ import annotations

import gdstudio
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.objectives.expression.evaluate import Objective
from gdstudio.objectives.expression.torch_code import body_of
from gdstudio.projects.export import script_training
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
    steps = spec.training.steps
    body = "\n\n\n".join(
        part.rstrip("\n")
        for part in (
            _function(objective),
            _title("2. Choose where to begin") + _start(spec, objective),
            _title("3. Choose optimizer and learning rate")
            + script_training.optimizer(spec.optimizer, "[point]", fused=False)
            + "\n\n"
            + script_training.learning_rate(spec.schedule, steps, 1),
            _title("4. Walk down") + _loop(spec),
            _title("5. Look at the result") + _ending(),
        )
    )
    return Script(_head(spec, objective, body) + "\n\n" + body + "\n", None, "descent")


def _title(text: str) -> str:
    return f"# {text}\n# {'-' * len(text)}\n\n"


def _head(spec: MinimizeSpec, objective: Objective, body: str) -> str:
    label = registry("optimizers")[spec.optimizer.kind].label
    formula = " ".join(objective.expression.text.split())
    imports = ["import argparse", "import csv"]
    if "stream_seed(" in body:
        imports.append("import hashlib")
    imports += ["import math", "", "import torch"]
    drawing = ""
    if "stream_seed(" in body:
        drawing = '''

def stream_seed(seed, stream):
    """A seed of its own for each use of chance, so that one never disturbs another."""
    return int.from_bytes(hashlib.sha256(f"{stream}/{seed}".encode()).digest()[:6], "big")
'''
    helper = ""
    if "number(" in body:
        helper = '''

def number(value):
    """A number as a tensor, for what torch computes otherwise with plain numbers."""
    return torch.tensor(value, dtype=torch.float64)
'''
    seed = f"SEED = {spec.training.seed}  # decides what is drawn\n" if drawing else ""
    noise = spec.objective.noise
    if noise:
        seed += f"NOISE = {noise!r}  # standard deviation of what is added to every gradient\n"
    return f'''\
"""{label} walks down {formula}

Written by Gradient Descent Studio {gdstudio.__version__}. It needs torch alone, and gives the very numbers of the
studio where torch's version, the processor and the number of threads are the same.

Options: --losses FILE writes the point and its value after every step.
"""

{chr(10).join(imports)}

options = argparse.ArgumentParser()
options.add_argument("--losses", help="write step, point and value as a CSV file")
options = options.parse_args()

STEPS = {spec.training.steps}  # the most that are taken
LEARNING_RATE = {float(spec.get("optimizer.lr"))!r}  # size of the steps
TOLERANCE = {spec.training.tolerance!r}  # a gradient no longer than this is the bottom
{seed}VARIABLES = {_wrapped([repr(name) for name in objective.variables])}

torch.set_num_threads({spec.training.threads})  # another number can change the last digits
{drawing}{helper}'''


def _function(objective: Objective) -> str:
    lines = "\n".join(f"    {line}" for line in body_of(objective))
    formula = " ".join(objective.expression.text.split())
    return _title("1. The function") + f'def value(point):\n    """The formula {formula}."""\n{lines}\n'


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


def _ending() -> str:
    return """\
heights = [height if math.isfinite(height) else math.inf for _, height in path]
best = heights.index(min(heights))
print(f"Lowest value {path[best][1]:.6g} after step {best} of {len(path) - 1}")
for name, coordinate in zip(VARIABLES, path[best][0]):
    print(f"  {name} = {coordinate:.6g}")

if options.losses:
    with open(options.losses, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\\n")
        rows.writerow(["step", *VARIABLES, "value"])
        rows.writerows([step, *point, height] for step, (point, height) in enumerate(path))
"""
