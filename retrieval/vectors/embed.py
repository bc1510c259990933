"""Texts to vectors: kept ones are found again, the others made and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora import Role
from corpora.workspace import Workspace

from ..encoders.asymmetric import side_of
from ..encoders.protocol import Batching, Encoder, Lengths
from .fill import PLURAL, Made, filled, gathered, in_halves
from .store import Store
from .texts import ListedTexts, Rows, Source, Texts
from .workers import as_finished


@dataclass(frozen=True)
class Embedded:
    """Vectors float32 (n, d), in memory or memory-mapped, and `lost` int64 (n): the units of each text that were cut off."""

    vectors: NDArray[np.float32]
    lost: Rows

    @property
    def truncated(self) -> int:
        """How many texts were cut."""
        return int((self.lost > 0).sum())


def embed(
    encoder: Encoder,
    texts: Texts | Sequence[str],
    role: Role,
    workspace: Workspace,
    *,
    ids: Sequence[str] = (),
    into: Path | None = None,
) -> Embedded:
    """The vectors of n texts in a role, in their order; equal texts are embedded once, kept ones not at all.

    `ids` name the texts in messages. With `into`, the vectors are written to that file (raw float32, n x d, C order) a
    few thousand at a time and come back memory-mapped. Every finished batch is on the disk before the next one starts.
    Raises InputError for a text that the model gives no usable vector, StateError for a damaged vector store.
    """
    many, encoder = texts if isinstance(texts, Source) else ListedTexts(texts, ids), side_of(encoder, role)
    store, places = keep(encoder, many, role, workspace)
    return Embedded(gathered(store, places, store.dim or encoder.dim, into), store.lost[places])


def keep(encoder: Encoder, texts: Texts, role: Role, workspace: Workspace) -> tuple[Store, Rows]:
    """The store of an encoder and role once it holds all n texts, and the place of each there, int64 (n)."""
    return filled(TextWork(side_of(encoder, role), texts, role), workspace)


@dataclass(frozen=True)
class TextWork:
    """Texts, and the encoder that embeds them: see `Work`."""

    encoder: Encoder
    items: Texts
    role: Role

    @property
    def before(self) -> tuple[str, ...]:
        """The role and its prompt."""
        return self.role, self.encoder.prompt(self.role)

    @property
    def head(self) -> Mapping[str, str]:
        """The prompt."""
        return {"prompt": self.encoder.prompt(self.role)}

    @property
    def batching(self) -> Batching:
        """The encoder's."""
        return self.encoder.batching

    @property
    def shown(self) -> tuple[str, str]:
        """Texts are counted in the encoder's unit."""
        return f"embedding {PLURAL[self.role]}", self.encoder.unit

    def sizes(self, workspace: Workspace) -> tuple[Lengths, Lengths]:
        """The units of each text that the model reads, and those that are cut off, int64 (n) each."""
        counts = []
        with workspace.progress(f"measuring {PLURAL[self.role]}", len(self.items)) as advance:
            for block in self.items.blocks():
                counts.append(self.encoder.lengths(block, self.role))
                advance(len(block))
        whole, longest = np.concatenate(counts), self.encoder.longest
        read = whole if longest is None else np.minimum(whole, longest)
        return read, whole - read

    def made(self, batches: Iterator[Rows], first: Rows) -> Iterator[Made]:
        """Every batch, embedded by as many workers as the encoder has."""
        for batch, vectors in as_finished(lambda batch: self._embedded(first[batch]), batches, self.encoder.workers):
            yield Made(batch, vectors, np.zeros(len(batch), np.int64))

    def _embedded(self, rows: Rows) -> NDArray[np.float32]:
        return in_halves(self._encoded, rows, self._name, "text", "give max_length=, or a smaller model")

    def _encoded(self, rows: Rows) -> NDArray[np.float32]:
        return self.encoder.encode(self.items.take(rows), self.role, self.items.ids(rows))

    def _name(self, row: int) -> str:
        return next(iter(self.items.ids(np.array([row]))), f"text {row}")
