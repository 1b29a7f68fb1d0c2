"""An experiment without data: a formula, an optimizer, a start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from gdstudio.core.dotted import DottedSpec
from gdstudio.core.errors import StudioError, from_validation
from gdstudio.core.fields import setting
from gdstudio.core.registry import Frozen, chosen_from, registry


class FunctionSpec(Frozen):
    """The function that is minimized."""

    formula: str = setting(
        "x**2 + 10*y**2",
        label="Formula",
        help="A function of any number of variables, e.g. x**2 + 10*y**2 or sum(x_i**2).",
    )
    parameters: dict[str, float] = setting(
        dict, factory=True, label="Parameters", help="A value for each letter that is no variable.", hidden=True
    )
    n: int = setting(2, label="Elements of a vector", help="How many x_i a sum goes over.", ge=1, le=1_000)
    noise: float = setting(
        0.0,
        label="Gradient noise",
        help="Standard deviation of normal noise on every gradient, as a mini-batch would bring; 0 is none.",
        ge=0,
        log=True,
    )


class DescentSpec(Frozen):
    """Where a descent begins and when it ends."""

    steps: int = setting(10_000, label="Steps", help="The most that are taken.", ge=1, le=10_000_000)
    tolerance: float = setting(
        1e-8,
        label="Gradient tolerance",
        help="The descent has converged when the gradient is no longer than this; 0 takes all steps.",
        ge=0,
        log=True,
    )
    start: tuple[float, ...] = setting(
        (), label="Start", help="A number for each variable in alphabetical order; drawn at random when empty."
    )
    start_range: float = setting(
        5.0, label="Random start within", help="A random start lies between minus this and this.", gt=0, log=True
    )
    seed: int = setting(0, label="Seed", help="Decides a random start and the noise.", ge=0, le=2**31 - 1)
    threads: int = setting(1, label="Threads", help="Processor threads.", ge=1, le=256, advanced=True)


class MinimizeSpec(DottedSpec):
    """Everything that decides the numbers of a descent."""

    schema_version: Literal[1] = 1
    objective: FunctionSpec = Field(default_factory=FunctionSpec)
    optimizer: chosen_from("optimizers") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("optimizers").settings("sgd")
    )
    schedule: chosen_from("schedules") = Field(  # type: ignore[valid-type]
        default_factory=lambda: registry("schedules").settings("constant")
    )
    training: DescentSpec = Field(default_factory=DescentSpec)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """A spec from plain JSON values.

        Raises:
            StudioError: A field is unknown or out of range.
        """
        if not isinstance(value, Mapping):
            raise StudioError("A descent is a JSON object with sections such as objective and optimizer.")
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            sections: dict[str, type[Frozen]] = {"": cls, "objective": FunctionSpec, "training": DescentSpec}
            raise from_validation(error, valid={k: list(v.model_fields) for k, v in sections.items()}) from None
