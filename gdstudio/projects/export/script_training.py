"""The third part of an exported script: the five steps."""

from __future__ import annotations

import torch

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.projects.export.script_model import outputs_of
from gdstudio.training.batches import Batches


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
    mixed = training.precision == "bf16"
    predict = "predict" if mixed else "model"
    if mixed:
        code += """\


def predict(inputs):
    \"\"\"Products in bfloat16, as mixed precision has them; weights, loss and optimizer stay in float32.\"\"\"
    with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
        return model(inputs).float()


"""
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
    code += f"""\
    for inputs, targets in zip(epoch_x.split(sizes), epoch_y.split(sizes)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(len(losses))
        predictions = {predict}(inputs)  # 1. predict
        loss = objective(predictions, targets)  # 2. measure the loss
        optimizer.zero_grad()  # 3. clear the old gradients
        loss.backward()  # 4. compute the new ones
"""
    if training.clip_norm:
        code += f"        nn.utils.clip_grad_norm_(model.parameters(), {training.clip_norm!r})\n"
    if training.clip_value:
        code += f"        nn.utils.clip_grad_value_(model.parameters(), {training.clip_value!r})\n"
    if spec.optimizer.kind == "lbfgs":
        code += f"""\

        def evaluate_again():
            \"\"\"L-BFGS looks at several points before it steps.\"\"\"
            optimizer.zero_grad()
            loss = objective({predict}(inputs), targets)
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
        outputs = torch.cat([model(rows) for rows in watched_x.split(1024)])
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
