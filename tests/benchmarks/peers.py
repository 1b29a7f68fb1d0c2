"""The same training in skorch and in Lightning; installed with ``pip install -e '.[bench]'``, skipped otherwise."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

#: ``fit(network, features (n, d), target (n,), batch, epochs)`` with Adam at 0.001 and binary cross-entropy.
Fit = Callable[[nn.Module, np.ndarray, np.ndarray, int, int], object]


def available() -> dict[str, Fit]:
    """Those that are installed, by name."""
    fits: dict[str, Fit] = {"skorch": _skorch, "lightning": _lightning}
    return {name: fit for name, fit in fits.items() if find_spec(name) is not None}


class _Flat(nn.Module):
    """Logits ``(n,)`` of a network that gives ``(n, 1)``."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Tensor) -> Tensor:
        return self.network(rows)[:, 0]  # type: ignore[no-any-return]


def _skorch(network: nn.Module, features: np.ndarray, target: np.ndarray, batch: int, epochs: int) -> object:
    from skorch import NeuralNetBinaryClassifier

    net = NeuralNetBinaryClassifier(
        _Flat(network), max_epochs=epochs, batch_size=batch, optimizer=torch.optim.Adam, lr=1e-3, train_split=None,
        iterator_train__shuffle=True, verbose=0,
    )  # fmt: skip
    return net.fit(features, target.astype(np.float32))


def _lightning(network: nn.Module, features: np.ndarray, target: np.ndarray, batch: int, epochs: int) -> object:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Classifier(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = _Flat(network)

        def training_step(self, rows: tuple[Tensor, Tensor], index: int) -> Tensor:
            loss = nn.functional.binary_cross_entropy_with_logits(self.network(rows[0]), rows[1])
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    rows = TensorDataset(torch.from_numpy(features), torch.from_numpy(target).float())
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(Classifier(), DataLoader(rows, batch_size=batch, shuffle=True))
    return trainer
