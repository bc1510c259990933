"""An analyser: how text is cut into raw tokens, and how each distinct raw token becomes a term.

The costly half (cutting) runs over whole blocks of UTF-8 bytes; the clever half (folding, stopwords, stemming) runs
once per distinct raw token, never per occurrence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Cut(NamedTuple):
    """The raw tokens of n documents: token t is `data[ends[t-1]:ends[t]]` (UTF-8); document i has `counts[i]` tokens."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    counts: NDArray[np.int64]


Cutter = Callable[[NDArray[np.uint8], NDArray[np.int64]], Cut]
"""`(data uint8, offsets int64 (n+1)) -> Cut`: text i is `data[offsets[i]:offsets[i+1]]`, valid UTF-8. Pure, thread-safe."""

Terms = Callable[[list[str]], list[str | None]]
"""Raw tokens (distinct) to terms, one each; None drops the token (a stopword)."""


@dataclass(frozen=True)
class Analyser:
    """A named analyser. `identity` pins all that decides its output (tables, lists, stemmer version)."""

    name: str
    cut: Cutter
    terms: Terms
    identity: str

    def __call__(self, text: str) -> list[str]:
        """The terms of one text, in order."""
        cut = self.cut(*utf8([text]))
        raw = cut.data.tobytes()
        edges = [0, *cut.ends.tolist()]
        tokens = [raw[a:b].decode() for a, b in zip(edges, edges[1:], strict=False)]
        return [term for term in self.terms(tokens) if term is not None]


def utf8(texts: list[str] | pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Texts as one byte array and their offsets, int64 (n+1)."""
    array: pa.Array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    wide = pa.types.is_large_string(array.type)
    _, ends, data = array.buffers()
    offsets = np.frombuffer(ends, np.int64 if wide else np.int32)[array.offset : array.offset + len(array) + 1]
    starts: NDArray[np.int64] = offsets.astype(np.int64)
    if data is None:
        return np.zeros(0, np.uint8), starts
    return np.frombuffer(data, np.uint8)[starts[0] : starts[-1]], np.asarray(starts - starts[0])
