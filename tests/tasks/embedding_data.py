"""Small made data for the embedding tasks, and an encoder that needs no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpora import Card
from corpora.labelled import LabelledTexts, Labels, TextPairs
from retrieval.encoders.custom import CustomEncoder
from tasks.embedding import EncoderSystem

TOPICS = {
    "heart": "artery valve pulse atrium ventricle aorta".split(),
    "skin": "rash itch blister eczema mole scar".split(),
    "lung": "cough wheeze sputum asthma breath lobe".split(),
}
COMMON = "patient old new left right day week".split()


class Words:
    """The sum of a fixed random vector for every word; not of length 1."""

    name, dim, similarity = "words", 24, "dot"

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([sum((_vector(word) for word in text.split()), _vector("")) for text in texts])

    encode_documents = encode_queries


def _vector(word: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).normal(size=Words.dim).astype(np.float32)


SYSTEM = EncoderSystem("words", CustomEncoder(Words(), "words"))


def text(rng: np.random.Generator, topic: str) -> str:
    return " ".join([*rng.choice(TOPICS[topic], 2), *rng.choice(COMMON, 4)])


def labelled(train: int = 60, test: int = 90) -> LabelledTexts:
    rng, splits = np.random.default_rng(3), {}
    for split, size in (("train", train), ("test", test)):
        labels = tuple(rng.choice(list(TOPICS), size, p=[0.5, 0.3, 0.2]).tolist())
        splits[split] = Labels(tuple(f"{split}{i}" for i in range(size)), tuple(text(rng, label) for label in labels), labels)
    return LabelledTexts(Card("topics", "en"), splits)


def graded(n: int = 80, levels: Sequence[float] = (0, 1)) -> TextPairs:
    """Pairs of equal topic are worth more; some are ties, some have equal sides."""
    rng = np.random.default_rng(4)
    topics = rng.choice(list(TOPICS), (n, 2))
    left = [text(rng, one) for one, _ in topics]
    right = [left[i] if i % 9 == 0 else text(rng, other) for i, (_, other) in enumerate(topics)]
    values = np.array([levels[-1] if one == other else rng.choice(levels[:-1]) for one, other in topics], np.float64)
    return TextPairs(Card("pairs", "en"), "test", tuple(f"p{i}" for i in range(n)), tuple(left), tuple(right), values)
