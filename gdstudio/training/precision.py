"""How precisely products are computed while training; scores are always in full precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gdstudio.core.regimen import Precision


def forward_in(model: nn.Module, precision: Precision, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What predicts while training: ``(b, d) -> (b, k)`` in float32.

    With ``bf16`` the layers' products are in bfloat16, which has the range of float32 and eight bits of its precision;
    weights, gradients of weights, loss and optimizer stay in float32.

    Source: Micikevicius et al. (2018), Mixed Precision Training; Kalamkar et al. (2019), A Study of BFLOAT16.
    """
    if precision != "bf16":
        return model

    def predict(inputs: Tensor) -> Tensor:
        # Without the cache of casted weights, which would have to be emptied after every step.
        with torch.autocast(device.type, dtype=torch.bfloat16, cache_enabled=False):
            outputs: Tensor = model(inputs)
        return outputs.float()

    return predict


@contextmanager
def products(precision: Precision, device: torch.device) -> Iterator[None]:
    """Let a graphics card compute products in TensorFloat-32 while a run goes that wants it, and in no other.

    Source: NVIDIA (2020), A100 Tensor Core GPU Architecture, TensorFloat-32.
    """
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32" and device.type == "cuda"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
