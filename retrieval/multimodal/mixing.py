"""One vector of a text's and of pictures': the arithmetic alone, the same for documents and queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .reading import Several

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """Where things stand in a vector: `dim` of the model, whether a text has a place of its own before `places` of pictures (0:
    all in one place), how several pictures are taken, and whether vectors have length one.
    """

    dim: int
    apart: bool
    places: int
    several: Several
    unit: bool

    @property
    def width(self) -> int:
        """Dimensions of a vector."""
        return self.dim * max(1, self.apart + self.places)

    @property
    def single(self) -> bool:
        """Whether everything stands in one place."""
        return not self.apart and not self.places

    def filled(self, form: str) -> slice:
        """What of a vector a document has that is read as `form`: all, unless texts and pictures have places of their own."""
        if not self.apart or form not in ("text", "image"):
            return slice(None)
        return slice(self.dim) if form == "text" else slice(self.dim, None)

    def mixed(self, texts: Vectors, pictures: Vectors, form: str) -> Vectors:
        """The vectors float32 (n, width) of n items: `texts` float32 (n, d), `pictures` as `pooled` gives them, zeros where
        there is none. In one place they are added; at length one then, if the model's are, and pictures are among them.
        """
        if self.apart:
            return np.hstack([texts, pictures])
        if self.places:
            return pictures
        if form == "text":
            return texts
        both = texts + pictures
        return scaled(both) if self.unit else both

    def pooled(self, vectors: Vectors, owner: Rows, place: Rows, weights: Weights, items: int, *, unit: bool) -> Vectors:
        """The pictures' vectors float32 (m, d) as one row an item, float32 (items, d or places * d).

        Picture i is number `place[i]` of item `owner[i]` (int64, ascending) and weighs `weights[i]`; a zero vector is none. With
        several in one place: their weighted mean; with `unit`, brought to the length that is the mean of their weights.
        """
        real = vectors.any(axis=1)
        vectors, owner, place, weights = vectors[real], owner[real], place[real], weights[real]
        if self.several == "each":
            out = np.zeros((items, max(1, self.places), self.dim), np.float32)
            fits = place < max(1, self.places)
            out[owner[fits], place[fits]] = weights[fits, None] * vectors[fits]
            return out.reshape(items, -1)
        if self.several == "first":
            owner, first = np.unique(owner, return_index=True)
            vectors, weights = vectors[first], weights[first]
        summed, total = np.zeros((items, self.dim), np.float32), np.zeros(items, np.float32)
        counts = np.maximum(np.bincount(owner, minlength=items), 1).astype(np.float32)[:, None]
        np.add.at(summed, owner, weights[:, None] * vectors)
        np.add.at(total, owner, np.abs(weights))
        return scaled(summed) * (total[:, None] / counts) if unit else summed / counts


def scaled(vectors: Vectors, which: NDArray[np.bool_] | None = None) -> Vectors:
    """Vectors float32 (n, d), all of them or those marked in `which` (n) at length one; a zero vector stays."""
    if which is not None and not which.any():
        return vectors
    lengths = np.linalg.norm(vectors, axis=1)
    some = lengths > 0 if which is None else which & (lengths > 0)
    return np.asarray(vectors / np.where(some, lengths, np.float32(1))[:, None])
