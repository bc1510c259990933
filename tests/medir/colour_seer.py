"""A model of colours: a picture's vector is its mean colour, a text's that of the colours that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.retrieval.training.picture_towers import Reader as Plain

NAMED = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "grey": (1, 1, 1)}


class Reader(Plain):
    """Reads texts alone."""

    name, dim = "colour-reader", 4

    def encode(self, texts: Sequence[str], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        named = [np.sum([NAMED.get(word, (0, 0, 0)) for word in text.split()], axis=0) for text in texts]
        rows = np.asarray([[*row, 0.1] for row in named], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Seer(Reader):
    """Reads pictures too."""

    name, modalities, images_a_batch = "colour-seer", frozenset({"text", "image"}), 8

    def prepared(self, picture: Any) -> Any:
        return np.asarray(picture, np.float32).mean(axis=(0, 1)) / 255

    def encode_images(self, prepared: Sequence[Any], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        rows = np.asarray([[*row, 0.1] for row in prepared], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
