"""What pair classification and similarity share: pairs of texts, and what is odd in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.labelled import TextPairs
from corpora.state import digest_json

from .items import Items


def both_sides(data: TextPairs) -> Items:
    """The left texts, then the right ones, with ids for messages."""
    return Items([*data.left, *data.right], [*data.ids, *data.ids])


def pair_identity(data: TextPairs) -> dict[str, Any]:
    """Digests of texts, ids and values."""
    return {
        "corpus": digest_json([data.left, data.right]),
        "queries": digest_json(data.ids),
        "qrels": digest_json(data.values.tolist()),
    }


def pair_notes(data: TextPairs) -> dict[str, int]:
    """`empty_sides`, `equal_sides` and `repeated_pairs`, which all are scored."""
    pairs = list(zip(data.left, data.right, strict=True))
    return {
        "empty_sides": sum(not side.strip() for pair in pairs for side in pair),
        "equal_sides": sum(left == right for left, right in pairs),
        "repeated_pairs": len(pairs) - len(set(pairs)),
    }


def tied(scores: NDArray[np.float32]) -> int:
    """How many of n scores are equal to another one."""
    _, counts = np.unique(scores, return_counts=True)
    return int(counts[counts > 1].sum())
