"""The third part of an exported script: optimizer, learning rate, and the five steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from gdstudio.core.errors import StudioError
from gdstudio.core.regimen import LearningRateChange
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.projects.export.script_model import outputs_of
from gdstudio.training.batches import Batches

#: Optimizer → class in torch.optim, and argument → the setting that it is taken from.
_OPTIMIZERS: dict[str, tuple[str, dict[str, str]]] = {
    "sgd": ("SGD", {"momentum": "momentum", "dampening": "dampening", "weight_decay": "weight_decay",
                    "nesterov": "nesterov"}),
    "adam": ("Adam", {"betas": "", "eps": "eps", "weight_decay": "weight_decay", "amsgrad": "amsgrad"}),
    "adamw": ("AdamW", {"betas": "", "eps": "eps", "weight_decay": "weight_decay", "amsgrad": "amsgrad"}),
    "adagrad": ("Adagrad", {"lr_decay": "lr_decay", "weight_decay": "weight_decay",
                            "initial_accumulator_value": "initial_accumulator", "eps": "eps"}),
    "rmsprop": ("RMSprop", {"alpha": "alpha", "eps": "eps", "weight_decay": "weight_decay", "momentum": "momentum",
                            "centered": "centered"}),
    "adadelta": ("Adadelta", {"rho": "rho", "eps": "eps", "weight_decay": "weight_decay"}),
    "adamax": ("Adamax", {"betas": "", "eps": "eps", "weight_decay": "weight_decay"}),
    "nadam": ("NAdam", {"betas": "", "eps": "eps", "weight_decay": "weight_decay",
                        "momentum_decay": "momentum_decay", "decoupled_weight_decay": "decoupled"}),
    "radam": ("RAdam", {"betas": "", "eps": "eps", "weight_decay": "weight_decay",
                        "decoupled_weight_decay": "decoupled"}),
    "asgd": ("ASGD", {"lambd": "lambd", "alpha": "alpha", "t0": "t0", "weight_decay": "weight_decay"}),
    "lbfgs": ("LBFGS", {"max_iter": "max_iterations", "history_size": "history", "line_search_fn": "line_search",
                        "tolerance_grad": "tolerance_gradient", "tolerance_change": "tolerance_change"}),
    "adafactor": ("Adafactor", {"beta2_decay": "beta2_decay", "eps": "None eps", "d": "clipping",
                                "weight_decay": "weight_decay"}),
    "rprop": ("Rprop", {"etas": "eta_minus eta_plus", "step_sizes": "step_min step_max"}),
}  # fmt: skip
#: Those whose step torch can do in one piece, with last digits of its own.
_FUSED = ("sgd", "adam", "adamw", "adagrad")


def optimizer(settings: Any, parameters: str = "model.parameters()", fused: bool = True) -> str:
    """Code that makes ``optimizer``.

    Args:
        settings: The optimizer's.
        parameters: Code for what it changes.
        fused: Whether it may take its step in one piece where torch can; else one operation after the other.

    Raises:
        StudioError: It cannot be expressed.
    """
    if settings.kind == "muon":
        return _muon(settings, parameters, fused)
    if settings.kind not in _OPTIMIZERS:
        raise StudioError(f"The script cannot express the optimizer {settings.kind} yet.", "Choose another optimizer.")
    name, arguments = _OPTIMIZERS[settings.kind]
    code = f"optimizer = torch.optim.{name}(\n    {parameters},\n    lr=LEARNING_RATE,\n"
    for argument, fields in arguments.items():
        value: Any
        if argument == "betas":
            value = (settings.beta1, settings.beta2)
        elif " " in fields:
            value = tuple(None if field == "None" else getattr(settings, field) for field in fields.split())
        else:
            value = getattr(settings, fields)
            value = None if fields == "line_search" and value == "none" else value
        code += f"    {argument}={value!r},\n"
    if not fused and settings.kind != "lbfgs":
        code += "    foreach=False,  # one operation after the other, each rounding as on paper\n"
    elif settings.kind in _FUSED:
        code += "    fused=True,  # one piece of machine code for the whole step\n"
    return code + ")\n"


def _muon(settings: Any, parameters: str, fused: bool) -> str:
    """Muon for the matrices and AdamW for the rest; where nothing is a matrix, AdamW alone."""
    adamw = f"""\
torch.optim.AdamW(
    {{}},
    lr=LEARNING_RATE,
    betas={(settings.beta1, settings.beta2)!r},
    weight_decay={settings.weight_decay!r},
    {"fused=True,  # one piece of machine code for the whole step" if fused else "foreach=False,"}
)
"""
    if parameters != "model.parameters()":
        return f"optimizer = {adamw.format(parameters)}"
    rest = adamw.format("[p for p in model.parameters() if p.ndim != 2]")
    return f'''\
class Together:
    """Muon for matrices and AdamW for everything else, as one optimizer."""

    def __init__(self, *parts):
        self.parts = parts
        self.param_groups = [group for part in parts for group in part.param_groups]

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()


muon = torch.optim.Muon(
    [p for p in model.parameters() if p.ndim == 2],
    lr=LEARNING_RATE,
    weight_decay={settings.weight_decay!r},
    momentum={settings.momentum!r},
    nesterov={settings.nesterov!r},
    ns_steps={settings.newton_steps!r},
    adjust_lr_fn="match_rms_adamw",
)
adamw = {rest}optimizer = Together(muon, adamw)
'''


def learning_rate(settings: Any, total: int, per_epoch: int, lr_changes: Sequence[LearningRateChange] = ()) -> str:
    """Code that defines ``learning_rate(step)``, step 0 being the first.

    Args:
        settings: The schedule's.
        total: Steps of the run.
        per_epoch: Steps of an epoch.
        lr_changes: Rates that were set by hand.

    Raises:
        StudioError: The schedule cannot be expressed.
    """
    changes = [(change.step, change.lr) for change in lr_changes]
    if settings.kind == "constant" and not settings.warmup_steps and not changes:
        return (
            'def learning_rate(step):\n    """The learning rate of a step: always the same."""\n'
            "    return LEARNING_RATE\n"
        )
    code = _schedule(settings, total, per_epoch)
    code += '\n\ndef learning_rate(step):\n    """The learning rate of a step; the first step is number 0."""\n'
    code += "    rate = LEARNING_RATE\n"
    if changes:
        code += f"    for first, changed in {changes!r}:  # set by hand during the run\n"
        code += "        if step + 1 >= first:\n            rate = changed\n"
    return code + "    return rate * factor(step)\n"


def _schedule(settings: Any, total: int, per_epoch: int) -> str:
    warmup, start = settings.warmup_steps, settings.warmup_start
    rise = ""
    if warmup:
        rise = f"    if step < {warmup}:  # warm-up\n        return {start!r} + (1 - {start!r}) * step / {warmup}\n"
        after = f"    step -= {warmup}\n"
    else:
        after = ""
    left = max(1, total - warmup)
    head = 'def factor(step):\n    """What the schedule multiplies the learning rate with."""\n'
    kind = settings.kind
    if kind == "plateau":
        return _plateau(settings)
    if kind == "constant":
        body = "    return 1.0"
    elif kind == "step":
        body = f"    return {settings.gamma!r} ** (step // {settings.every * per_epoch})"
    elif kind == "multi_step":
        at = [epoch * per_epoch for epoch in settings.milestones]
        body = f"    return {settings.gamma!r} ** sum(step >= at for at in {at!r})"
    elif kind == "exponential":
        body = f"    return {settings.gamma!r} ** (step / {per_epoch})"
    elif kind == "polynomial":
        f = settings.final
        body = f"    return {f!r} + (1 - {f!r}) * (1 - min(step, {left}) / {left}) ** {settings.power!r}"
    elif kind == "cosine":
        f = settings.final
        body = f"    return {f!r} + (1 - {f!r}) * (1 + math.cos(math.pi * min(step, {left}) / {left})) / 2"
    elif kind == "cosine_restarts":
        f = settings.final
        body = f"""\
    length = {settings.first * per_epoch}
    while step >= length:
        step -= length
        length *= {settings.multiplier}
    return {f!r} + (1 - {f!r}) * (1 + math.cos(math.pi * step / length)) / 2"""
    elif kind == "one_cycle":
        body = _one_cycle(settings, left)
    else:
        raise StudioError(f"The script cannot express the schedule {kind} yet.", "Choose another schedule.")
    return f"{head}{rise}{after}{body}\n"


def _one_cycle(settings: Any, left: int) -> str:
    begin = 1 / settings.start_divisor
    between = (
        "end + (start - end) / 2 * (1 + math.cos(math.pi * share))"
        if settings.shape == "cosine"
        else "start + (end - start) * share"
    )
    peak, last = max(0.0, settings.rise * left - 1), left - 1
    share = f"step / {peak!r}" if peak > 0 else "1.0"
    return f"""\
    step = min(step, {last})
    if step <= {peak!r}:
        start, end, share = {begin!r}, 1.0, {share}
    else:
        start, end, share = 1.0, {begin / settings.end_divisor!r}, (step - {peak!r}) / ({last} - {peak!r})
    return {between}"""


def _plateau(settings: Any) -> str:
    rise = "    return plateau.level"
    if settings.warmup_steps:
        start, warmup = settings.warmup_start, settings.warmup_steps
        rise = (
            f"    if step < {warmup}:  # warm-up\n"
            f"        return ({start!r} + (1 - {start!r}) * step / {warmup}) * plateau.level\n{rise}"
        )
    return f'''\
class Plateau:
    """Lets the rate fall when the measured loss has found no new low for some epochs."""

    level, best, waited, resting = 1.0, None, 0, 0

    def observe(self, loss):
        if self.best is None or loss < self.best * (1 - {settings.threshold!r}):
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        if self.resting:
            self.resting -= 1
            self.waited = 0
        if self.waited > {settings.patience}:
            self.level = max(self.level * {settings.gamma!r}, {settings.lowest!r})
            self.resting, self.waited = {settings.cooldown}, 0


plateau = Plateau()


def factor(step):
    """What the schedule multiplies the learning rate with."""
{rise}
'''


# -- the loop ---------------------------------------------------------------------------------------------


def batch_sizes(spec: ExperimentSpec, dataset: Dataset) -> list[int]:
    """Rows of each step of an epoch, as the program portions them."""
    normalizes = getattr(spec.model, "normalization", "none") == "batch" and bool(getattr(spec.model, "hidden", ()))
    if normalizes and (spec.training.batch_size == 1 or len(dataset.train) == 1):
        raise StudioError("Batch normalization needs at least two rows in a batch.", "Take a larger batch.")
    rows = torch.empty(len(dataset.train), 1)
    batches = Batches(rows, rows[:, 0], spec.training.batch_size, 0, False, single_row=not normalizes)
    return [len(target) for _, target in batches.epoch(1)]


def loop(spec: ExperimentSpec, dataset: Dataset) -> str:
    """Code that trains ``model``."""
    training, regularization = spec.training, spec.regularization
    sizes = batch_sizes(spec, dataset)
    full = len(sizes) == 1
    shuffles = training.shuffle and not full
    floats = outputs_of(spec, dataset) == 1 and training.class_weights == "none"
    watches = training.patience > 0 or spec.schedule.kind == "plateau"
    code = f"""\
train_x = torch.from_numpy(np.ascontiguousarray(features[train]))
train_y = torch.from_numpy(target[train]){".float()" if floats and dataset.classes else ""}
sizes = {_sizes(sizes)}  # rows of each step of an epoch
"""
    if watches:
        code += _measure(spec, dataset)
    if getattr(spec.model, "dropout", 0):
        code += 'torch.manual_seed(stream_seed(SEED, "dropout"))  # dropout draws from torch\'s global generator\n'
    code += "losses = []\n"
    if training.patience:
        code += "best_loss, best_epoch, best_weights = None, 0, None\n"
    code += "model.train()\nfor epoch in range(1, EPOCHS + 1):\n    epoch_x, epoch_y = train_x, train_y\n"
    if shuffles:
        code += """\
    # A new order for every epoch, decided by the seed and the epoch's number alone.
    order = torch.randperm(len(train_x), generator=torch.Generator().manual_seed(stream_seed(SEED, "order") + epoch))
    epoch_x, epoch_y = train_x[order], train_y[order]
"""
    if regularization.input_noise:
        code += f"""\
    # Fresh noise on the inputs, against learning single rows by heart.
    noise = torch.Generator().manual_seed(stream_seed(SEED, "noise") + epoch)
    epoch_x = epoch_x + {regularization.input_noise!r} * torch.randn(epoch_x.shape, generator=noise)
"""
    code += """\
    for inputs, targets in zip(epoch_x.split(sizes), epoch_y.split(sizes)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(len(losses))
        predictions = model(inputs)  # 1. predict
        loss = objective(predictions, targets)  # 2. measure the loss
        optimizer.zero_grad()  # 3. clear the old gradients
        loss.backward()  # 4. compute the new ones
"""
    if training.clip_norm:
        code += f"        nn.utils.clip_grad_norm_(model.parameters(), {training.clip_norm!r})\n"
    if training.clip_value:
        code += f"        nn.utils.clip_grad_value_(model.parameters(), {training.clip_value!r})\n"
    if spec.optimizer.kind == "lbfgs":
        code += """\

        def evaluate_again():
            \"\"\"L-BFGS looks at several points before it steps.\"\"\"
            optimizer.zero_grad()
            loss = objective(model(inputs), targets)
            loss.backward()
            return loss.item()

        optimizer.step(evaluate_again)  # 5. step
"""
    else:
        code += "        optimizer.step()  # 5. step\n"
    if regularization.l1 and regularization.proximal:
        code += f"""\
        for group in optimizer.param_groups:  # a proximal step: weights move towards zero, and stop there
            for weights in group["params"]:
                if weights.ndim >= 2:
                    values = weights.detach()
                    values.copy_(nn.functional.softshrink(values, group["lr"] * {regularization.l1!r}))
"""
    if regularization.max_norm:
        code += f"""\
        for weights in model.parameters():  # weights that lead into one unit are kept short
            if weights.ndim >= 2:
                weights.detach().renorm_(2, 0, {regularization.max_norm!r})
"""
    code += """\
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise SystemExit(f"The loss of step {len(losses)} is {losses[-1]}: take a smaller learning rate.")
"""
    return code + (_judge(spec) if watches else "")


def _sizes(sizes: list[int]) -> str:
    """The sizes as short Python."""
    first = sizes[0]
    same = next((i for i, size in enumerate(sizes) if size != first), len(sizes))
    return f"[{first}] * {same}" + (f" + {sizes[same:]!r}" if same < len(sizes) else "")


def _measure(spec: ExperimentSpec, dataset: Dataset) -> str:
    part = "validation" if len(dataset.validation) else "train"
    rows, limit = len(dataset.parts[part]), spec.training.evaluate_rows
    chosen = part
    if rows > limit:
        chosen = f"{part}[np.linspace(0, {rows - 1}, {limit}).round().astype(np.int64)]"
    return f'''\
watched = {chosen}
watched_x = torch.from_numpy(np.ascontiguousarray(features[watched]))
watched_y = torch.from_numpy(target[watched])


def measure():
    """The loss of the {part} rows, without penalties and without dropout."""
    model.eval()
    with torch.no_grad():
        outputs = torch.cat([model(rows) for rows in watched_x.split(4096)])
        loss = float(criterion(outputs, watched_y))
    model.train()
    return loss


'''


def _judge(spec: ExperimentSpec) -> str:
    every = spec.training.evaluate_every
    indent = "    "
    code = ""
    if every > 1:
        code += f"    if epoch % {every} == 0:\n"
        indent = "        "
    code += f"{indent}measured = measure()\n"
    if spec.schedule.kind == "plateau":
        code += f"{indent}plateau.observe(measured)\n"
    if spec.training.patience:
        code += (
            f"{indent}if best_loss is None or measured < best_loss - {spec.training.min_delta!r}:  # a new low\n"
            f"{indent}    best_loss, best_epoch = measured, epoch\n"
            f"{indent}    best_weights = {{name: value.clone() for name, value in model.state_dict().items()}}\n"
            f"{indent}if epoch - best_epoch >= {spec.training.patience}:\n"
            f"{indent}    break  # no new low for so many epochs\n"
            "if best_weights is not None:\n"
            "    model.load_state_dict(best_weights)  # those of the lowest loss\n"
        )
    return code
