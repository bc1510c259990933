"""Chinese cut into words by jieba (extra `words`), for those who prefer words to bigrams."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.errors import missing_extra

from .analyser import Analyser, Cut, utf8


def chinese_words() -> Analyser:
    """Jieba's words in search mode off, case folded; blanks and punctuation dropped."""
    try:
        import jieba
    except ImportError:
        raise missing_extra("jieba", "words") from None
    jieba.setLogLevel("ERROR")
    segmenter = jieba.Tokenizer()

    def cut(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Cut:
        return _cut(segmenter, data, offsets)

    return Analyser("chinese-words", cut, _terms, f"jieba-{version('jieba')} hmm casefold")


def _cut(segmenter: Any, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Cut:
    raw, edges = data.tobytes(), offsets.tolist()
    texts = [raw[a:b].decode() for a, b in zip(edges, edges[1:], strict=False)]
    per_text = [[word for word in segmenter.cut(text) if any(map(str.isalnum, word))] for text in texts]
    flat, ends = utf8([word for tokens in per_text for word in tokens])
    return Cut(flat, ends[1:], np.array([len(tokens) for tokens in per_text], np.int64))


def _terms(tokens: list[str]) -> list[str | None]:
    return [token.casefold() for token in tokens]
