"""The language of a corpus by counting letters and words, for folders whose card names none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .corpus import Corpus

HAN_SHARE, KANA_SHARE, STOPWORD_SHARE = 0.30, 0.05, 0.15
_STRETCHES, _ROWS_A_STRETCH, _CHARACTERS = 16, 16, 1_000

_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z\u00df-\u024f]+")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_KANA = re.compile("[\u3041-\u30ff]+")
_STOPWORDS = frozenset(
    re.findall(
        "[a-z]+",
        """
        a about after all also an and any are as at be been before between both but by can could did do does during each
        for from had has have he her his how if in into is it its may more most no not of on or other our she should since
        so some such than that the their them then there these they this those through to under was we were what when where
        which while who will with without would you your
        """,
    )
)


@dataclass(frozen=True)
class LanguageCount:
    """What was counted: letters by script, words in Latin letters, and the English stopwords among them."""

    documents: int
    letters: int
    han: int
    kana: int
    latin: int
    words: int
    stopwords: int

    @property
    def language(self) -> str:
        """`zh`, `en` or `unknown`: Han letters >= 30 % with kana < 5 %; mostly Latin with >= 15 % English stopwords."""
        if self.letters and self.han >= HAN_SHARE * self.letters and self.kana < KANA_SHARE * self.letters:
            return "zh"
        if self.words and 2 * self.latin > self.letters and self.stopwords >= STOPWORD_SHARE * self.words:
            return "en"
        return "unknown"

    def describe(self) -> str:
        """One line that says how the language was told."""
        of_letters, of_words = max(self.letters, 1), max(self.words, 1)
        return (
            f"language {self.language} by count over {self.documents:,} documents: Han {self.han / of_letters:.0%} and kana "
            f"{self.kana / of_letters:.0%} of letters, English stopwords {self.stopwords / of_words:.0%} of words"
        )


def count_language(texts: Iterable[str]) -> LanguageCount:
    """The counts over some texts, of each its first 1,000 characters."""
    some = [text[:_CHARACTERS] for text in texts]
    joined = "\n".join(some).lower()
    words = _LATIN.findall(joined)
    return LanguageCount(
        documents=len(some),
        letters=_count(_LETTERS, joined),
        han=_count(_HAN, joined),
        kana=_count(_KANA, joined),
        latin=sum(map(len, words)),
        words=len(words),
        stopwords=sum(word in _STOPWORDS for word in words),
    )


def language_of(corpus: Corpus) -> LanguageCount:
    """The counts over at most 256 documents, taken in stretches from all over the corpus, title and text joined."""
    starts = np.linspace(0, max(len(corpus) - _ROWS_A_STRETCH, 0), _STRETCHES).astype(np.int64)
    rows = np.unique(starts[:, None] + np.arange(_ROWS_A_STRETCH))
    texts = corpus.texts("joined", rows[rows < len(corpus)]).to_pylist()
    corpus.let_go()
    return count_language(texts)


def _count(letters: re.Pattern[str], text: str) -> int:
    return sum(map(len, letters.findall(text)))
