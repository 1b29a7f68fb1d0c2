"""What a formula is made of, once it has been read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A part of a formula.

    Attributes:
        start: 0-based column of its first character.
        end: Column behind its last.
    """

    start: int
    end: int

    def parts(self) -> tuple[Node, ...]:
        """What it is made of."""
        return ()


@dataclass(frozen=True)
class Number(Node):
    """A literal or a constant; ``name`` is the constant's."""

    value: float
    name: str = ""


@dataclass(frozen=True)
class Name(Node):
    """A variable, a parameter, or an element ``x_i`` of a vector; ``i`` and ``n`` are the counter and its end."""

    name: str


@dataclass(frozen=True)
class Sign(Node):
    """``-x``, or ``+x``."""

    sign: str
    inner: Node

    def parts(self) -> tuple[Node, ...]:
        """What is signed."""
        return (self.inner,)


@dataclass(frozen=True)
class Chain(Node):
    """``first op term op term …``, worked out from left to right; of any length without nesting."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    def parts(self) -> tuple[Node, ...]:
        """First and terms."""
        return (self.first, *(term for _, term in self.rest))


@dataclass(frozen=True)
class Power(Node):
    """``base ** exponent``."""

    base: Node
    exponent: Node

    def parts(self) -> tuple[Node, ...]:
        """Base and exponent."""
        return (self.base, self.exponent)


@dataclass(frozen=True)
class Compare(Node):
    """1 where it holds, else 0."""

    sign: str
    left: Node
    right: Node

    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Call(Node):
    """A function of the table; ``over_i`` where it takes all elements of its one argument together."""

    function: str
    arguments: tuple[Node, ...]
    over_i: bool = False

    def parts(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


def walk(node: Node) -> Iterator[Node]:
    """Every part, each after what it is made of."""
    for part in node.parts():
        yield from walk(part)
    yield node
