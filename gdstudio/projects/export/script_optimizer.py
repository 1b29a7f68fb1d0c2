"""Optimizer and learning rate of an exported script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdstudio.core.errors import StudioError
from gdstudio.core.regimen import LearningRateChange

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
