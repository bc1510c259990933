"""What the engine needs of an embedding model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora import Role

Vectors = NDArray[np.float32]
Lengths = NDArray[np.int64]


@dataclass(frozen=True)
class Batching:
    """How large a batch may be: its texts times its longest text is at most `padded` (tokens or bytes), and `texts` texts."""

    padded: int
    texts: int


class Encoder(Protocol):
    """An embedding model of `dim` dimensions, its vectors fit for an inner product: cosine is normalised on the way in.

    `unit` names what `lengths` counts. `longest` is the most of it that the model reads of a text, None where that
    cannot be known. The role of a text is never guessed.
    """

    @property
    def name(self) -> str:
        """What the model is called in messages and results."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions d. May load the model."""
        ...

    @property
    def unit(self) -> str:
        """`tok` or `byte`."""
        ...

    @property
    def batching(self) -> Batching:
        """The size of a batch: part of the batch plan, so it depends on nothing but the model and its options."""
        ...

    @property
    def workers(self) -> int:
        """How many batches may be embedded at a time, each in a thread of its own. May load the model."""
        ...

    @property
    def longest(self) -> int | None:
        """The most units of a text that the model reads; None where that is not known. May load the model."""
        ...

    def identity(self) -> str:
        """sha256 (hex) over all that can move a vector."""
        ...

    def prompt(self, role: Role) -> str:
        """What stands before every text of a role; empty for `plain`."""
        ...

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """How long each text is with its prompt, int64 (n), before anything is cut off."""
        ...

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch, float32 (n, d), C order, finite, none of them zero.

        Raises InputError for a model that breaks this, naming the text by its id where `ids` are given.
        """
        ...

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """How many of the texts are longer than the model reads, and how many units of them are lost."""
        ...

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The first text exactly as the model is fed it: `prompt`, `text`, and its tokens where there is a tokenizer."""
        ...
