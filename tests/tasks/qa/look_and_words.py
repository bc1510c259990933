"""A cheap encoder of pictures and texts: how bright a picture is where, and which words a text has; the same each time."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.protocol import Batching

SIDE, WORDS = 6, 64


class LookAndWords:
    """The first 36 dimensions are a picture's brightness on a grid, less its mean; the other 64 count a text's words."""

    name, dim, unit, longest, workers, images_a_batch = "look-and-words", SIDE * SIDE + WORDS, "byte", None, 1, 16
    batching = Batching(1 << 16, 64)
    modalities = frozenset({"text", "image"})

    def identity(self) -> str:
        return "look-and-words-1".ljust(64, "0")

    def prompt(self, role: str) -> str:
        return ""

    def lengths(self, texts: Sequence[str], role: str) -> NDArray[np.int64]:
        return np.array([len(text.encode()) for text in texts], np.int64)

    def encode(self, texts: Sequence[str], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        made = np.zeros((len(texts), self.dim), np.float32)
        made[:, 0] = 1e-3
        for row, text in enumerate(texts):
            for word in text.lower().split():
                made[row, SIDE * SIDE + zlib.crc32(word.encode()) % WORDS] += 1
        return made

    def truncated(self, texts: Sequence[str], role: str) -> tuple[int, int]:
        return 0, 0

    def echo(self, texts: Sequence[str], role: str) -> dict[str, Any]:
        return {"text": texts[0]}

    def prepared(self, picture: Any) -> Any:
        grey = np.asarray(picture.convert("L").resize((SIDE, SIDE)), np.float32).ravel()
        return grey - grey.mean() + 1e-3

    def encode_images(self, prepared: Sequence[Any], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        made = np.zeros((len(prepared), self.dim), np.float32)
        made[:, : SIDE * SIDE] = np.stack(prepared)
        return made
