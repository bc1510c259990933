"""Which texts share a batch: fixed by the texts and the configuration alone, before the first batch is embedded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.state import digest

from ..encoders.protocol import Batching, Lengths
from .keys import Keys


@dataclass(frozen=True)
class BatchPlan:
    """Batches of different texts: batch i holds texts `order[cuts[i]:cuts[i + 1]]`. `digest` pins what is in which."""

    order: NDArray[np.int64]
    cuts: NDArray[np.int64]
    digest: str

    def __len__(self) -> int:
        return len(self.cuts) - 1

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        return (self.order[start:stop] for start, stop in zip(self.cuts[:-1], self.cuts[1:], strict=True))


def plan_batches(lengths: Lengths, keys: Keys, batching: Batching) -> BatchPlan:
    """The plan for u different texts of `lengths` int64 (u) as the model reads them, with keys uint8 (u, 32).

    Longest first, so that memory runs out at once or never; equal lengths by key. A batch is cut where one text more
    would make texts times longest text exceed `batching.padded`, or their number `batching.texts`.
    """
    parts = np.ascontiguousarray(keys).view(">u8")
    order = np.lexsort((*(parts[:, column] for column in range(parts.shape[1] - 1, -1, -1)), -lengths))
    cuts = np.array(_cuts(np.maximum(lengths[order], 1), batching), np.int64)
    pinned = digest(np.ascontiguousarray(keys[order]).tobytes(), cuts.tobytes())
    return BatchPlan(order, cuts, pinned)


def _cuts(falling: Lengths, batching: Batching) -> list[int]:
    cuts = [0]
    while cuts[-1] < len(falling):
        room = max(1, batching.padded // int(falling[cuts[-1]]))
        cuts.append(min(cuts[-1] + min(room, batching.texts), len(falling)))
    return cuts
