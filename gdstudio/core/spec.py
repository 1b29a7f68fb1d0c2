"""The experiment as one frozen, validated, JSON-able value.

An edit makes a new spec; undo is a list of specs; comparing runs is a diff of specs; a worker that
holds a spec needs no lock. Registry keys and column names are persisted, never positions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator

from gdstudio.core.dotted import DottedSpec
from gdstudio.core.errors import RefusedError, StudioError, from_validation
from gdstudio.core.fields import setting
from gdstudio.core.regimen import RegularizationSpec, TrainingSpec
from gdstudio.core.registry import Frozen, Settings, chosen_from, registry

SCHEMA_VERSION: Final = 1

#: What a target asks for: one of two classes, one of several, or a number.
Task = Literal["binary", "multiclass", "regression"]
Role = Literal["feature", "target", "ignore"]
ColumnType = Literal["numeric", "category", "ordered", "boolean", "datetime", "text", "identifier"]


class FileSource(Settings):
    """A table read from a file; the reader and its settings are part of the experiment."""

    kind: Literal["file"] = "file"
    path: str = setting("", label="File", help="The file that the table is read from.")
    sha256: str = setting(
        "", label="Hash", help="SHA-256 of the file's bytes when it was read; empty until then.", hidden=True
    )
    reader: chosen_from("readers") | None = setting(  # type: ignore[valid-type]
        None, label="Reader", help="How the file is read; found from its content when empty.", hidden=True
    )
    sample_rows: int = setting(
        0, label="Rows", help="So many rows, drawn at random and always the same ones; 0 takes all.", hidden=True, ge=0
    )


def _source(value: Any) -> Settings:
    """A file, or one of the samples."""
    if isinstance(value, Settings):
        return value
    if isinstance(value, Mapping) and value.get("kind") == "file":
        try:
            return FileSource.model_validate(dict(value))
        except ValidationError as error:
            raise RefusedError(error, FileSource.model_fields) from None
    return registry("samples").parse(value)


Impute = Literal["median", "mean", "most_frequent", "constant"]
Scale = Literal["standard", "min_max", "robust", "none"]
Clip = Literal["none", "quantiles", "fences"]
Encode = Literal["one_hot", "ordinal", "target_mean"]
#: What forms show for the choices, of one column and of all.
_IMPUTE: Final = {"median": "Median", "mean": "Mean", "most_frequent": "Most frequent", "constant": "A constant"}
_CLIP: Final = {"none": "No", "quantiles": "To 1 % and 99 %", "fences": "To 1.5 quartile ranges"}
_SCALE: Final = {
    "standard": "Mean 0, deviation 1",
    "min_max": "0 to 1",
    "robust": "Median 0, quartile range 1",
    "none": "As they are",
}
_ENCODE: Final = {"one_hot": "One input each", "ordinal": "Their place", "target_mean": "Mean of the target"}


class ColumnSpec(Frozen):
    """What one column of the table is, what it is used for, and how its preparation differs from the others'."""

    role: Role | None = setting(
        None, label="Role", help="Used to predict, to be predicted, or left out; guessed when empty."
    )
    type: ColumnType | None = setting(None, label="Type", help="How its values are understood; guessed when empty.")
    categories: tuple[str, ...] = setting(
        (), label="Order", help="The categories of an ordered column, lowest first.", hidden=True
    )
    impute: Impute | None = setting(
        None, label="Missing numbers", help="As for all columns when empty.", labels=_IMPUTE
    )
    constant: float | None = setting(None, label="Constant", help="As for all columns when empty.")
    indicator: bool | None = setting(None, label="Mark missing", help="As for all columns when empty.")
    clip: Clip | None = setting(None, label="Clip outliers", help="As for all columns when empty.", labels=_CLIP)
    log: bool | None = setting(None, label="Logarithm", help="As for all columns when empty.")
    scale: Scale | None = setting(None, label="Scale", help="As for all columns when empty.", labels=_SCALE)
    encode: Encode | None = setting(None, label="Categories", help="As for all columns when empty.", labels=_ENCODE)
    max_categories: int | None = setting(None, label="Most categories", help="As for all columns when empty.", ge=0)


class SplitSpec(Frozen):
    """Which share of the rows is kept back, and how they are drawn."""

    validation: float = setting(
        0.2, label="Validation share", help="Rows that judge the run while it trains.", ge=0, lt=1
    )
    test: float = setting(0.2, label="Test share", help="Rows that nothing sees until the end.", ge=0, lt=1)
    stratify: bool = setting(True, label="Same class shares", help="Keeps each class's share equal in the three parts.")
    seed: int = setting(0, label="Split seed", help="Another seed draws other rows.", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _leave_rows_to_train(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("leaves no rows to train on: validation and test must add to less than 1")
        return self


class PreparationSpec(Frozen):
    """How columns become numbers; everything is fitted on the training part alone."""

    impute: Impute = setting(
        "median",
        label="Missing numbers",
        help="What stands in for a missing number.",
        labels=_IMPUTE,
    )
    constant: float = setting(
        0.0, label="Constant", help="Stands in for a missing number.", visible_when=("impute", ("constant",))
    )
    indicator: bool = setting(
        False, label="Mark missing numbers", help="Adds an input that is 1 where a number was missing.", advanced=True
    )
    clip: Clip = setting(
        "none",
        label="Clip outliers",
        help="Brings numbers far out back to a bound, found on the training rows.",
        labels=_CLIP,
        advanced=True,
    )
    log: bool = setting(
        False,
        label="Logarithm",
        help="Takes sign(x) log(1 + |x|) of numbers: for amounts that range over powers of ten.",
        advanced=True,
    )
    scale: Scale = setting(
        "standard",
        label="Scale numbers",
        help="Brings numbers to one scale, so that one learning rate suits them all.",
        labels=_SCALE,
    )
    encode: Encode = setting(
        "one_hot",
        label="Categories",
        help="How categories become numbers. Means of the target are cross-fitted: no training row sees its own.",
        labels=_ENCODE,
        advanced=True,
    )
    max_categories: int = setting(
        100,
        label="Most categories",
        help="With one input each: the rarest share one input, (other), beyond so many; 0 is no bound.",
        visible_when=("encode", ("one_hot",)),
        advanced=True,
        ge=0,
        le=10_000,
    )
    scale_target: bool = setting(
        True,
        label="Scale a numeric target",
        help="Trains on the target with mean 0 and deviation 1; predictions are given in its own unit.",
    )

    def of(self, column: ColumnSpec) -> PreparationSpec:
        """As it is for one column, which may say otherwise."""
        given = {
            name: getattr(column, name) for name in ColumnSpec.model_fields if name in PreparationSpec.model_fields
        }
        return self.model_copy(update={name: value for name, value in given.items() if value is not None})


class DataSpec(Frozen):
    """Where the rows come from and what is done to them before training."""

    source: Annotated[SerializeAsAny[Settings], BeforeValidator(_source)] = Field(
        default_factory=lambda: registry("samples").settings("purchase")
    )
    target: str | None = setting(None, label="Target", help="The column to predict; guessed when empty.", hidden=True)
    positive_class: str | None = setting(
        None,
        label="Positive class",
        help="Of two classes the one that precision and recall speak of.",
        hidden=True,
    )
    columns: dict[str, ColumnSpec] = setting(
        dict,
        factory=True,
        label="Columns",
        help="What each column is; what is not named is guessed.",
        hidden=True,
    )
    split: SplitSpec = Field(default_factory=SplitSpec)
    preparation: PreparationSpec = Field(default_factory=PreparationSpec)


class ExperimentSpec(DottedSpec):
    """Everything that decides the numbers of a run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    data: DataSpec = Field(default_factory=DataSpec)
    model: chosen_from("models") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("models").settings("mlp")
    )
    initializer: chosen_from("initializers") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("initializers").settings("default")
    )
    loss: chosen_from("losses") | None = Field(  # type: ignore[valid-type]
        default=None, description="Empty: the usual one for the target."
    )
    optimizer: chosen_from("optimizers") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("optimizers").settings("adam")
    )
    schedule: chosen_from("schedules") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("schedules").settings("constant")
    )
    regularization: RegularizationSpec = Field(default_factory=RegularizationSpec)
    training: TrainingSpec = Field(default_factory=TrainingSpec)

    @model_validator(mode="after")
    def _do_not_contradict(self) -> Self:
        """Refuse what cannot be meant together, whatever the data are."""
        searches = getattr(registry("optimizers")[self.optimizer.kind], "needs_closure", False)
        label = registry("optimizers")[self.optimizer.kind].label
        if searches and self.training.batch_size == 1:
            raise RefusedError(
                StudioError(
                    f"{label} estimates curvature from step to step, and a batch of one row tells nothing of it.",
                    "Set training.batch_size to 0, or take another optimizer.",
                )
            )
        if searches and (self.training.clip_norm or self.training.clip_value):
            raise RefusedError(
                StudioError(
                    f"{label} searches with gradients of its own, which clipping would falsify.",
                    "Set training.clip_norm and training.clip_value to 0, or take another optimizer.",
                )
            )
        return self

    @classmethod
    def parse(cls, value: Any) -> ExperimentSpec:
        """A spec from plain JSON values.

        Raises:
            StudioError: A field is unknown or out of range, or the schema is newer than this program's.
        """
        if not isinstance(value, Mapping):
            raise StudioError("An experiment is a JSON object with sections such as data and model.")
        version = value.get("schema_version", SCHEMA_VERSION)
        if not isinstance(version, int) or version > SCHEMA_VERSION:
            raise StudioError(
                f"This experiment has schema version {version}; this program reads up to {SCHEMA_VERSION}.",
                "Open it with a newer version of the program.",
            )
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise from_validation(error, valid=_names(value)) from None

    @classmethod
    def load(cls, path: Path) -> ExperimentSpec:
        """A spec from a JSON file; raises StudioError with the file's name."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise StudioError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError) as error:
            raise StudioError(f"{path} is not a JSON file: {error}.") from None
        return cls.parse(value)


def _names(value: Mapping[str, Any]) -> dict[str, list[str]]:
    """Section path → the names that pydantic knows there, for hints."""
    names = {"": list(ExperimentSpec.model_fields)}
    for section, model in (
        ("data", DataSpec),
        ("data.split", SplitSpec),
        ("data.preparation", PreparationSpec),
        ("regularization", RegularizationSpec),
        ("training", TrainingSpec),
    ):
        names[section] = list(model.model_fields)
    return names


def parse_assignment(text: str) -> tuple[str, Any]:
    """``KEY=VALUE`` as the command line takes it; the value is JSON where it parses as JSON, else text.

    Raises:
        StudioError: There is no ``=``, or no key before it.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise StudioError(f"{text!r} is not KEY=VALUE.", "Write for example optimizer.lr=0.01.")
    try:
        parsed = json.loads(value, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        parsed = value
    return key.strip(), parsed


def differences(one: ExperimentSpec, other: ExperimentSpec) -> dict[str, tuple[Any, Any]]:
    """Dotted path → the two values, for every leaf in which two specs differ; ``None`` where one has none."""

    def leaves(value: Any, path: str = "") -> dict[str, Any]:
        if isinstance(value, dict) and value:
            return {k: v for name, v_ in value.items() for k, v in leaves(v_, f"{path}.{name}".strip(".")).items()}
        return {path: value}

    a, b = leaves(one.model_dump(mode="json")), leaves(other.model_dump(mode="json"))
    return {k: (a.get(k), b.get(k)) for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)}
