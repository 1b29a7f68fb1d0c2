"""What the first run of a process would wait for, done before: imports, and the first recording of a step."""

from __future__ import annotations

import torch
from torch import nn

from gdstudio.core.registry import registry
from gdstudio.training.capture import CapturedGradients


def warm_up() -> None:
    """Import and set up what a run needs; may go on beside one.

    Takes no part in any run: it draws from no random stream and leaves no setting of torch behind. Recording a step
    imports torch.fx, its decompositions and TorchScript, which takes longer than a short run.
    """
    import sklearn.metrics  # noqa: F401

    from gdstudio.training.run import run_experiment  # noqa: F401

    for family in ("losses", "optimizers", "scores"):
        registry(family)
    layers = [nn.utils.skip_init(nn.Linear, 2, size) for size in (2, 1)]
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1])
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.5)
    torch.optim.Adam(model.parameters())
    inputs, targets = torch.ones(4, 2), torch.ones(4)
    gradients = CapturedGradients(
        model, lambda outputs, wanted: nn.functional.binary_cross_entropy_with_logits(outputs.squeeze(1), wanted)
    )
    for _ in range(3):  # plain, recorded, replayed
        gradients(inputs, targets)
