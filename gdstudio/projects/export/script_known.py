"""Which settings a script's lines follow: one that they do not know must never be left out in silence."""

from __future__ import annotations

from typing import Any, Final

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec

#: Section → the settings that are written into the script, and those that change no number.
_FOLLOWED: Final[dict[str, frozenset[str]]] = {
    "data.split": frozenset({"validation", "test", "stratify", "seed"}),
    "data.preparation": frozenset(
        {"impute", "constant", "indicator", "clip", "log", "scale", "encode", "max_categories", "scale_target"}
    ),
    "model": frozenset({"kind", "hidden", "activation", "dropout", "normalization"}),
    "loss": frozenset({"kind", "label_smoothing", "delta", "squared", "margin"}),
    "regularization": frozenset({"l1", "proximal", "l2", "max_norm", "input_noise"}),
    "training": frozenset(
        {"epochs", "batch_size", "seed", "threads", "device", "precision", "shuffle", "evaluate_every", "evaluate_rows",
         "patience", "min_delta", "clip_norm", "clip_value", "class_weights", "class_weight_values", "lr_changes"}
        | {"gradient_every", "capture", "checkpoint_seconds"}
    ),
}  # fmt: skip


def refuse_unknown(spec: ExperimentSpec) -> None:
    """Refuse what the script would leave out.

    Raises:
        StudioError: A setting that no line follows is set to something unusual; it is named.
    """
    for section, followed in _FOLLOWED.items():
        settings: Any = spec.get(section)
        for name, field in type(settings).model_fields.items():
            usual = field.get_default(call_default_factory=True)
            if name not in followed and getattr(settings, name) != usual:
                raise StudioError(
                    f"The script cannot express {section}.{name} = {getattr(settings, name)} yet.",
                    f"Set it back to {usual}.",
                )
