"""Separate streams of random numbers, so that one choice never disturbs another.

The split, the initial weights, the order of the rows, the dropout masks and the noise on inputs each
draw from a generator of their own. Evaluating or drawing a landscape therefore cannot change a run.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Stream = Literal["split", "weights", "order", "dropout", "noise"]


def stream_seed(seed: int, stream: Stream) -> int:
    """The seed of one stream: the first 48 bits of SHA-256 over ``"{stream}/{seed}"``.

    48 bits leave room to add an epoch's number and still be exact in every language's numbers.
    """
    digest = hashlib.sha256(f"{stream}/{seed}".encode()).digest()
    return int.from_bytes(digest[:6], "big")
