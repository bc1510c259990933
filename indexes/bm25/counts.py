"""How often each term stands in each document: counted block by block, and laid down in a temporary file meanwhile."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ..analysis.analyser import Analyser, Cut, utf8
from .vocabulary import Vocabulary

BYTES_A_BLOCK = 1 << 19
AHEAD = 2
Piece = tuple[NDArray[np.uint8], NDArray[np.int64]]


class Block(NamedTuple):
    """Some documents: `terms` int32 and `tfs` (p), document after document; how many distinct terms each has, int32."""

    terms: NDArray[np.int32]
    tfs: NDArray[np.integer]
    uniques: NDArray[np.int32]


class Counts:
    """The counts of a stream of texts: `lengths` int32 (N) in kept tokens, `df` int64 (V), `names` (V), and the blocks.

    The blocks lie in a temporary file, so that only the postings made of them need memory.
    """

    def __init__(self, texts: Iterable[pa.Array], analyser: Analyser) -> None:
        vocabulary = Vocabulary(analyser)
        lengths: list[NDArray[np.int32]] = []
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._shapes: list[tuple[int, np.dtype[np.integer], NDArray[np.int32]]] = []
        self.df = np.zeros(0, np.int64)
        for cut in _cut_ahead(texts, analyser):
            numbers = vocabulary.number(cut)
            terms, tfs, uniques, sizes = _count(numbers, cut.counts, int(numbers.max(initial=-1)) + 1)
            self._keep(Block(terms, tfs.astype(np.min_scalar_type(tfs.max(initial=0)), copy=False), uniques))
            lengths.append(sizes)
        self.names = vocabulary.terms
        self.df = np.pad(self.df, (0, len(self.names) - len(self.df)))
        self.lengths = np.concatenate(lengths) if lengths else np.zeros(0, np.int32)

    def blocks(self) -> Iterator[Block]:
        """The blocks, in document order; they can be read once."""
        self._file.seek(0)
        for size, kind, uniques in self._shapes:
            terms = np.frombuffer(self._file.read(4 * size), np.int32)
            yield Block(terms, np.frombuffer(self._file.read(kind.itemsize * size), kind), uniques)
        self._file.close()

    def _keep(self, block: Block) -> None:
        self._file.write(block.terms.tobytes())
        self._file.write(block.tfs.tobytes())
        self._shapes.append((len(block.terms), block.tfs.dtype, block.uniques))
        found = np.bincount(block.terms, minlength=len(self.df))
        found[: len(self.df)] += self.df
        self.df = found


def _cut_ahead(texts: Iterable[pa.Array], analyser: Analyser) -> Iterator[Cut]:
    """Texts are read by one thread and cut by a second while the caller numbers and stems what was cut before."""
    pieces = _pieces(texts)

    def cut(piece: Future[Piece | None]) -> Cut | None:
        return None if (found := piece.result()) is None else analyser.cut(*found)

    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as cutter:
        waiting = deque(cutter.submit(cut, reader.submit(next, pieces, None)) for _ in range(AHEAD))
        while (ready := waiting.popleft().result()) is not None:
            waiting.append(cutter.submit(cut, reader.submit(next, pieces, None)))
            yield ready


def _pieces(texts: Iterable[pa.Array]) -> Iterator[Piece]:
    for block in texts:
        data, offsets = utf8(block)
        first = 0
        while first < len(offsets) - 1:
            behind = int(np.searchsorted(offsets, offsets[first] + BYTES_A_BLOCK, "right")) - 1
            stop = max(first + 1, behind)
            part = offsets[first : stop + 1]
            yield data[part[0] : part[-1]], part - part[0]
            first = stop


@njit(cache=True, nogil=True)
def _count(numbers, counts, terms):  # type: ignore[no-untyped-def]
    """The (term, tf) pairs of each document in order of first sight, and its distinct terms and length."""
    out, tfs = np.empty(len(numbers), np.int32), np.empty(len(numbers), np.int32)
    uniques, lengths = np.zeros(len(counts), np.int32), np.zeros(len(counts), np.int32)
    place = np.full(terms, -1, np.int32)
    size, at = 0, 0
    for doc in range(len(counts)):
        first = size
        for i in range(at, at + counts[doc]):
            term = numbers[i]
            if term < 0:
                continue
            lengths[doc] += 1
            if place[term] >= first:
                tfs[place[term]] += 1
            else:
                place[term] = size
                out[size], tfs[size] = term, 1
                size += 1
        uniques[doc] = size - first
        at += counts[doc]
    return out[:size], tfs[:size], uniques, lengths
