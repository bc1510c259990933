"""Two locked encoders small enough for tests: one that sees colours, and one that tells words apart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.protocol import Batching

WIDE, DEEP = 24, 16


class Reader:
    """What both have of an Encoder."""

    name, unit, longest, workers, batching = "reader", "byte", None, 1, Batching(1 << 16, 64)
    dim = DEEP

    def identity(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def prompt(self, role: str) -> str:
        return ""

    def lengths(self, texts: Sequence[str], role: str) -> NDArray[np.int64]:
        return np.array([len(text.encode()) for text in texts], np.int64)

    def truncated(self, texts: Sequence[str], role: str) -> tuple[int, int]:
        return 0, 0

    def echo(self, texts: Sequence[str], role: str) -> dict[str, Any]:
        return {"text": texts[0]}


class Words(Reader):
    """A text's vector is the sum of a random direction for each of its words."""

    name = "words"

    def encode(self, texts: Sequence[str], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        rows = [np.sum([_direction(word, DEEP) for word in text.split()], axis=0) for text in texts]
        return np.asarray(rows, np.float32)


class Colours(Reader):
    """A picture's vector is a fixed random bend of its mean colour; it counts what it was asked to embed."""

    name, dim, modalities, images_a_batch = "colours", WIDE, frozenset({"image"}), 8
    embedded = 0

    def encode(self, texts: Sequence[str], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        raise AssertionError("it reads no texts")

    def prepared(self, picture: Any) -> Any:
        return np.asarray(picture, np.float32).mean(axis=(0, 1)) / 255

    def encode_images(self, prepared: Sequence[Any], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        Colours.embedded += len(prepared)
        bend = np.random.default_rng(5).standard_normal((4, WIDE)).astype(np.float32)
        return np.tanh(np.c_[np.stack(prepared), np.ones(len(prepared))].astype(np.float32) @ bend)


def _direction(word: str, wide: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(wide)
