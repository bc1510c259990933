"""Stopwords and Snowball stems, looked up once per distinct word."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import Stemmer

from .analyser import Analyser, Terms
from .words import words

# The function words that BM25 gains nothing from: Lucene's English list of 33.
ENGLISH_STOPWORDS = frozenset(
    "a an and are as at be but by for if in into is it no not "
    "of on or such that the their then there these they this to was will with".split()
)
LANGUAGES = tuple(name for name in Stemmer.algorithms() if name not in ("porter", "lovins", "dutch_porter", "german2"))


def snowball(language: str) -> Analyser:
    """Words, case folded, without stopwords (English only), stemmed by the language's Snowball algorithm."""
    stopwords = ENGLISH_STOPWORDS if language == "english" else frozenset[str]()
    identity = f"words-1 snowball:{language} PyStemmer-{version('PyStemmer')} stopwords:{len(stopwords)}"
    return Analyser(language, words(), stemmed(Stemmer.Stemmer(language, 0).stemWords, stopwords), identity)


def stemmed(stem: Callable[[list[str]], list[str]], stopwords: frozenset[str]) -> Terms:
    """Raw tokens to stems; stopwords and what is left empty become None."""

    def terms(tokens: list[str]) -> list[str | None]:
        return [None if token in stopwords else found or None for token, found in zip(tokens, stem(tokens), strict=True)]

    return terms
