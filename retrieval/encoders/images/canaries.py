"""Pictures on which a model must give what its own library gives."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corpora import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

SHAPES = ((48, 64), (97, 61), (64, 64))
CLOSE = 1e-5


@lru_cache(1)
def canary_pictures() -> tuple[Image, ...]:
    """A wide one, a tall one and a square one, in colours and greys; the same at every call."""
    from PIL import Image

    draw = np.random.default_rng(0)
    arrays = [draw.integers(0, 256, (*shape, 3), np.uint8) for shape in SHAPES]
    arrays[1][:] = np.linspace(0, 255, SHAPES[1][1], dtype=np.uint8)[None, :, None]
    arrays[2][16:48, 16:48] = 255
    return tuple(Image.fromarray(array) for array in arrays)


def agreed(ours: NDArray[np.float32], theirs: NDArray[np.float32], where: str, what: str, close: float = CLOSE) -> None:
    """Raise InputError where two matrices of vectors differ by more than `close` of the largest value (at least 1)."""
    scale = max(1.0, float(np.abs(theirs).max()))
    if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=0, atol=close * scale):
        raise InputError(what, where=where, mend="write a class of ten lines around it: dense:file.py:Class")
