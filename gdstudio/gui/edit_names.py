"""What undo says of an edit: the label of the field that it is of, and its values before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gdstudio.core.fields import FieldDescription, describe
from gdstudio.core.registry import Frozen, registry
from gdstudio.core.spec import ColumnSpec, DataSpec, ExperimentSpec

if TYPE_CHECKING:
    from gdstudio.gui.race import Race

#: The sections of a spec whose ``kind`` names an entry: what they are called, and the registry.
_CHOICES = {
    "model": ("model", "models"),
    "initializer": ("initial weights", "initializers"),
    "loss": ("loss", "losses"),
    "optimizer": ("optimizer", "optimizers"),
    "schedule": ("schedule", "schedules"),
}
_LONGEST = 32


def spec_change(before: ExperimentSpec, after: ExperimentSpec) -> str:
    """In words, e.g. ``learning rate 0.1 → 0.01`` or ``optimizer SGD → Adam``; empty where nothing differs."""
    return _joined(_data_changes(before.data, after.data) + _setting_changes(before, after))


def race_change(before: Race, after: Race) -> str:
    """In words, e.g. ``parameter a 1 → 2.5``; empty where nothing differs."""
    if after.surface != before.surface or after.objective.formula != before.objective.formula:
        return f"function {_function(before)} → {_function(after)}"
    one, other = before.objective.parameters, after.objective.parameters
    changes = [
        f"parameter {name} {_number(one[name])} → {_number(other[name])}" for name in one if one[name] != other[name]
    ]
    changes += _fields(before.objective, after.objective) + _fields(before.training, after.training)
    if len(after.optimizers) > len(before.optimizers):
        changes.append(f"add {_entry('optimizers', after.optimizers[-1].kind)}")
    elif len(after.optimizers) < len(before.optimizers):
        gone = next(
            (o for o, n in zip(before.optimizers, after.optimizers, strict=False) if o != n), before.optimizers[-1]
        )
        changes.append(f"take {_entry('optimizers', gone.kind)} out")
    else:
        for old, new in zip(before.optimizers, after.optimizers, strict=True):
            changes += _section("optimizer", "optimizers", old, new)
    if after.axes != before.axes:
        changes.append("axes of the map")
    return _joined(changes)


def run_name(name: str) -> str:
    """A run's name in the middle of a sentence."""
    return _short(f"run {name[4:]}" if name.startswith("Run ") and name[4:].isdigit() else name)


def table_name(table: Any) -> str:
    """A table's name in the middle of a sentence."""
    return _short(table.name)


def _data_changes(before: DataSpec, after: DataSpec) -> list[str]:
    if after.target != before.target:
        return [f"target {_short(before.target or 'none')} → {_short(after.target or 'none')}"]
    changes = []
    for name, column in after.columns.items():
        old = before.columns.get(name)
        changes += [] if old is None else [f"{_short(name)}: {text}" for text in _fields(old, column)]
    changes += _fields(before, after, "positive_class")
    for name in ("split", "preparation"):
        changes += _fields(getattr(before, name), getattr(after, name))
    return changes


def _setting_changes(before: ExperimentSpec, after: ExperimentSpec) -> list[str]:
    changes = []
    for section, (title, family) in _CHOICES.items():
        changes += _section(title, family, getattr(before, section), getattr(after, section))
    for section in ("regularization", "training"):
        changes += _fields(getattr(before, section), getattr(after, section))
    return changes


def _section(title: str, family: str, before: Any, after: Any) -> list[str]:
    """Another entry, or other settings of the same one."""
    if before is None or after is None:
        return []
    if after.kind != before.kind:
        return [f"{title} {_entry(family, before.kind)} → {_entry(family, after.kind)}"]
    return _fields(before, after)


def _fields(before: Frozen, after: Frozen, *names: str) -> list[str]:
    """The fields of one settings model that differ, or those of them that are named."""
    changes = []
    for field in describe(type(after)):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new or (names and field.name not in names) or field.kind == "other":
            continue
        changes.append(f"{_label(field)} {_value(field, old)} → {_value(field, new)}")
    return changes


def _label(field: FieldDescription) -> str:
    """Lower case at its beginning, but for names such as L1 and R²."""
    head = field.label[:2]
    return field.label[:1].lower() + field.label[1:] if head[1:].islower() else field.label


def _value(field: FieldDescription, value: Any) -> str:
    # Imported here: it draws on Qt, which the names themselves do not need.
    from gdstudio.gui.columns import ROLE_LABELS, TYPE_LABELS
    from gdstudio.gui.fields.control import value_text

    if field.name in ("role", "type") and field.label == ColumnSpec.model_fields[field.name].title:
        return (ROLE_LABELS if field.name == "role" else TYPE_LABELS).get(value, "guessed")
    return _short(value_text(field, value))


def _number(value: float) -> str:
    return f"{value:g}"


def _entry(family: str, kind: str) -> str:
    return registry(family)[kind].label


def _function(race: Race) -> str:
    return registry("surfaces")[race.surface].label if race.surface else _short(race.objective.formula)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _joined(changes: list[str]) -> str:
    """The first one, and how many there are beside it."""
    if len(changes) < 2:
        return "".join(changes)
    return f"{changes[0]} and {len(changes) - 1} more"
