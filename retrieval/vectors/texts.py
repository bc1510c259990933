"""What is embedded: texts that can be read through in order, and fetched by row, without holding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, TextRule

BLOCK = 4096
Rows = NDArray[np.int64]


@runtime_checkable
class Texts(Protocol):
    """n texts, each with an id for messages."""

    def __len__(self) -> int: ...

    def blocks(self) -> Iterator[list[str]]:
        """All texts in order, some thousands at a time."""
        ...

    def take(self, rows: Rows) -> list[str]:
        """The texts of some rows int64 (m), in the order given."""
        ...

    def ids(self, rows: Rows) -> list[str]:
        """How messages name some rows."""
        ...


@dataclass(frozen=True)
class ListedTexts:
    """Texts in memory; `names` are their ids."""

    texts: Sequence[str]
    names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def blocks(self) -> Iterator[list[str]]:
        """All texts in order."""
        for start in range(0, len(self.texts), BLOCK):
            yield list(self.texts[start : start + BLOCK])

    def take(self, rows: Rows) -> list[str]:
        """The texts of some rows."""
        return [self.texts[row] for row in rows.tolist()]

    def ids(self, rows: Rows) -> list[str]:
        """The names of some rows, empty where there are none."""
        return [self.names[row] for row in rows.tolist()] if self.names else []


@dataclass(frozen=True)
class CorpusTexts:
    """The documents of a corpus under a text rule, read from its memory map."""

    corpus: Corpus
    rule: TextRule

    def __len__(self) -> int:
        return len(self.corpus)

    def blocks(self) -> Iterator[list[str]]:
        """All documents in arrival order."""
        for block in self.corpus.blocks(self.rule, BLOCK):
            yield block.to_pylist()

    def take(self, rows: Rows) -> list[str]:
        """The documents at some rows."""
        texts: list[str] = self.corpus.texts(self.rule, rows).to_pylist()
        return texts

    def ids(self, rows: Rows) -> list[str]:
        """The ids of some documents."""
        names: list[str] = self.corpus.ids.take(rows).to_pylist()
        return names
