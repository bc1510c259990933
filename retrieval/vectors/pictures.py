"""Pictures to embed, one by one or with a text, told apart by their keys; none is read before it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow.compute as pc

from corpora import Corpus, ImageRef
from corpora.state import digest

from .texts import BLOCK, CorpusTexts, Rows, Source

Pictures: TypeAlias = Source[ImageRef]


class Joint(NamedTuple):
    """A text and its pictures, for one vector."""

    text: str
    images: tuple[ImageRef, ...]


@dataclass(frozen=True)
class ListedPictures:
    """Pictures in memory; `names` say whose they are."""

    images: Sequence[ImageRef]
    names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.images)

    def blocks(self) -> Iterator[list[str]]:
        """All keys in order. Raises ImageFault for a file that has to be hashed and is not there."""
        for start in range(0, len(self.images), BLOCK):
            yield [image.key for image in self.images[start : start + BLOCK]]

    def take(self, rows: Rows) -> list[ImageRef]:
        """The pictures of some rows."""
        return [self.images[row] for row in rows.tolist()]

    def ids(self, rows: Rows) -> list[str]:
        """The names of some rows, empty where there are none."""
        return [self.names[row] for row in rows.tolist()] if self.names else []


@dataclass(frozen=True)
class CorpusPictures:
    """The pictures of a corpus, document by document; `only_first`: the first one of each."""

    corpus: Corpus
    only_first: bool = False

    def __len__(self) -> int:
        return int(self.starts[-1])

    @cached_property
    def starts(self) -> Rows:
        """Where the pictures of each document start among all, and where the last end, int64 (N + 1)."""
        column = self.corpus.table.column("images")
        has = pc.greater(pc.binary_length(column), 0).to_numpy().astype(np.int64)
        counts = has if self.only_first else has * (1 + pc.count_substring(column, " ").to_numpy().astype(np.int64))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def blocks(self) -> Iterator[list[str]]:
        """All keys, from the memory map."""
        for batch in self.corpus.table.select(["images"]).to_batches(max_chunksize=BLOCK):
            keys = [held.split(" ") for held in batch.column("images").to_pylist() if held]
            yield [key for held in keys for key in (held[:1] if self.only_first else held)]

    def take(self, rows: Rows) -> list[ImageRef]:
        """The pictures of some rows."""
        owners = self.owners(rows)
        places = (rows - self.starts[owners]).tolist()
        return [images[place] for images, place in zip(self.corpus.images(owners), places, strict=True)]

    def ids(self, rows: Rows) -> list[str]:
        """The ids of the documents that some rows belong to."""
        names: list[str] = self.corpus.ids.take(self.owners(rows)).to_pylist()
        return names

    def owners(self, rows: Rows) -> Rows:
        """The documents (rows of the corpus) that some pictures belong to, int64 (m)."""
        return np.asarray(np.searchsorted(self.starts, rows, side="right") - 1, np.int64)


@dataclass(frozen=True)
class ListedJoint:
    """Texts with their pictures in memory; `names` say whose they are."""

    pairs: Sequence[Joint]
    names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.pairs)

    def blocks(self) -> Iterator[list[str]]:
        """One digest each of text and pictures, in order."""
        for start in range(0, len(self.pairs), BLOCK):
            yield [_key(pair) for pair in self.pairs[start : start + BLOCK]]

    def take(self, rows: Rows) -> list[Joint]:
        """The texts and pictures of some rows."""
        return [self.pairs[row] for row in rows.tolist()]

    def ids(self, rows: Rows) -> list[str]:
        """The names of some rows, empty where there are none."""
        return [self.names[row] for row in rows.tolist()] if self.names else []


@dataclass(frozen=True)
class CorpusJoint:
    """Of the documents of a corpus, those at `rows` int64 (m), each with its pictures (`only_first`: the first of them)."""

    texts: CorpusTexts
    rows: Rows
    only_first: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[list[str]]:
        """One digest each of text and pictures, in order."""
        for start in range(0, len(self.rows), BLOCK):
            yield [_key(pair) for pair in self.take(np.arange(start, min(start + BLOCK, len(self.rows))))]

    def take(self, rows: Rows) -> list[Joint]:
        """The texts and pictures of some of the documents."""
        chosen = self.rows[rows]
        pairs = zip(self.texts.take(chosen), self.texts.corpus.images(chosen), strict=True)
        return [Joint(text, images[:1] if self.only_first else images) for text, images in pairs]

    def ids(self, rows: Rows) -> list[str]:
        """The ids of some of the documents."""
        return self.texts.ids(self.rows[rows])


def _key(pair: Joint) -> str:
    return digest(pair.text, *(image.key for image in pair.images))
