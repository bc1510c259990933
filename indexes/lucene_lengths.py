"""Document lengths as Lucene keeps them: one byte each, exact up to 40 tokens and four binary digits from there on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXACT = 24
DIGITS = 4


def coded_lengths(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """What is left of each length (int64, 0 or more) after Lucene's one byte: SmallFloat.byte4ToInt(intToByte4(length)).

    The byte counts exactly below 24; above, what exceeds 24 is a small float of four binary digits, cut and not rounded.
    """
    over = np.maximum(lengths - EXACT, 0)
    binary_digits = np.frexp(over)[1].astype(np.int64)
    lost = np.maximum(binary_digits - DIGITS, 0)
    return np.where(lengths < EXACT, lengths, EXACT + (over >> lost << lost))
