"""What is embedded: items that can be read through in order, and fetched by row, without holding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from corpora import Corpus, TextRule

BLOCK = 4096
Rows = NDArray[np.int64]


Item = TypeVar("Item")


@runtime_checkable
class Source(Protocol[Item]):
    """n items to embed, each with an id for messages."""

    def __len__(self) -> int: ...

    def blocks(self) -> Iterator[list[str]]:
        """What tells each item apart, in order, some thousands at a time: a text itself, a picture's key."""
        ...

    def take(self, rows: Rows) -> list[Item]:
        """The items of some rows int64 (m), in the order given."""
        ...

    def ids(self, rows: Rows) -> list[str]:
        """How messages name some rows; empty where they have no names."""
        ...


Texts: TypeAlias = Source[str]


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


@dataclass(frozen=True)
class Some(Generic[Item]):
    """Of other items, those at `rows` int64 (m), ascending."""

    whole: Source[Item]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[list[str]]:
        """What tells the chosen items apart, in order."""
        start = 0
        for block in self.whole.blocks():
            first, last = np.searchsorted(self.rows, [start, start + len(block)])
            yield [block[row] for row in (self.rows[first:last] - start).tolist()]
            start += len(block)

    def take(self, rows: Rows) -> list[Item]:
        """Some of the chosen items."""
        return self.whole.take(self.rows[rows])

    def ids(self, rows: Rows) -> list[str]:
        """How messages name some of the chosen items."""
        return self.whole.ids(self.rows[rows])
