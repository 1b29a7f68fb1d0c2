"""The loop that a textbook writes, with each regularizer written out, to compare with to the bit."""

from __future__ import annotations

import torch
from torch.nn import functional

from gdstudio.core.history import RunHistory
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.training.modules import build_model
from gdstudio.training.run import complete, run_experiment


def generator(seed: int, stream: str, epoch: int) -> torch.Generator:
    return torch.Generator().manual_seed(stream_seed(seed, stream) + epoch)


def plain_losses(spec: ExperimentSpec, dataset: Dataset) -> list[float]:
    """The loss of every step, for two classes and one output."""
    torch.set_num_threads(1)
    spec = complete(spec, dataset)
    settings, training, limits = spec.optimizer, spec.training, spec.regularization
    model = build_model(spec, dataset).train()
    entry = registry("optimizers")[settings.kind]
    optimizer = entry.build(settings, list(model.parameters()))
    features, target = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target)
    size = training.batch_size or len(features)
    per_epoch = -(-len(features) // size)
    factor = registry("schedules")[spec.schedule.kind].build(spec.schedule, training.epochs * per_epoch, per_epoch)
    weight = torch.ones(2)
    if training.class_weights == "balanced":
        counts = target.bincount(minlength=2)
        weight = (counts.sum() / (2 * counts)).float()
    weights = [p for p in model.parameters() if p.ndim == 2]

    def criterion(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if training.class_weights == "none":
            return functional.binary_cross_entropy_with_logits(outputs[:, 0], y.float())
        each = functional.binary_cross_entropy_with_logits(outputs[:, 0], y.float(), weight[y], reduction="sum")
        return each / weight[y].sum()

    losses: list[float] = []
    lowest, since = float("inf"), 0
    for epoch in range(1, training.epochs + 1):
        order = torch.randperm(len(features), generator=generator(training.seed, "order", epoch))
        if size == len(features):
            order = torch.arange(size)
        x, y = features[order], target[order]
        if limits.input_noise:
            x = x + limits.input_noise * torch.randn(x.shape, generator=generator(training.seed, "noise", epoch))
        for inputs, truth in zip(x.split(size), y.split(size), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * factor(len(losses))

            def closure(inputs: torch.Tensor = inputs, truth: torch.Tensor = truth) -> float:
                optimizer.zero_grad()
                loss = criterion(model(inputs), truth)
                if limits.proximal:
                    loss = loss + limits.l1 * torch.cat([w.detach().reshape(-1) for w in weights]).abs().sum()
                loss.backward()
                return loss.item()

            losses.append(closure())
            if training.clip_norm:
                torch.nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
            if training.clip_value:
                torch.nn.utils.clip_grad_value_(model.parameters(), training.clip_value)
            if entry.needs_closure:
                optimizer.step(closure)
            else:
                optimizer.step()
            if limits.proximal:
                with torch.no_grad():
                    reach = settings.lr * factor(len(losses) - 1) * limits.l1
                    for w in weights:
                        w.copy_(torch.sign(w) * torch.clamp(w.abs() - reach, min=0))
            if limits.max_norm:
                with torch.no_grad():
                    for w in weights:
                        length = w.norm(dim=1, keepdim=True)
                        w.copy_(torch.where(length > limits.max_norm, w * (limits.max_norm / (length + 1e-7)), w))
        if training.patience or spec.schedule.kind == "plateau":
            with torch.no_grad():
                part = dataset.validation
                measured = criterion(model.eval()(torch.from_numpy(part.features)), torch.from_numpy(part.target))
            model.train()
            if spec.schedule.kind == "plateau":
                factor.observe(measured.item())
            since = 0 if measured.item() < lowest - training.min_delta else since + 1
            if since == 0:
                lowest = measured.item()
            if training.patience and since >= training.patience:
                break
    return losses


def our_losses(spec: ExperimentSpec, dataset: Dataset, capture: str, *, health: bool = True) -> list[float]:
    """Those of ``run_experiment``; without health, which samples early steps one by one, many are taken in one call."""
    history = RunHistory()
    run_experiment(spec.with_values({"training.capture": capture}), dataset=dataset, history=history, health=health)
    losses: list[float] = history.steps.snapshot()["train_loss"].tolist()
    return losses
