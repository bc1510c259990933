"""The forms of BM25 that papers and libraries mean by that name, each as data.

All are idf(term) * part(tf, length), with c = tf / (1 - b + b * length / mean length) and
part = add + scale * (c + inside) / (k1 + c + inside). Formulas: Kamphuis, de Vries, Boytsov and Lin, "Which BM25 Do You
Mean?" (ECIR 2020), Table 1; Lv and Zhai 2011 for bm25l (CIKM, "When documents are very long") and bm25+ (CIKM, "Lower-bounding").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.errors import UsageError
from corpora.registry import suggest

Floats = NDArray[np.float64]
Idf = Callable[[Floats, int], Floats]
"""`(document frequencies (V), documents) -> idf (V)`, natural logarithms."""


@dataclass(frozen=True)
class Variant:
    """One form of BM25: its idf, where delta goes, and how it counts documents and lengths.

    `delta` is the default of the form's lower bound; `inside` and `add` say where it stands. `scale` multiplies by
    k1 + 1. `nonempty` counts only documents with a term (Lucene's docCount); `coded` rounds lengths to Lucene's one byte.
    `signed` forms can score below zero; they keep float64 impacts, since terms may cancel.
    """

    idf: Idf
    scaled: bool = True
    inside: bool = False
    add: bool = False
    delta: float = 0.0
    nonempty: bool = False
    coded: bool = False
    signed: bool = False


def _lucene(df: Floats, n: int) -> Floats:
    return np.log1p((n - df + 0.5) / (df + 0.5))


def _robertson(df: Floats, n: int) -> Floats:
    return np.log((n - df + 0.5) / (df + 0.5))


def _atire(df: Floats, n: int) -> Floats:
    return np.log(n / df)


def _bm25l(df: Floats, n: int) -> Floats:
    return np.log((n + 1) / (df + 0.5))


def _bm25_plus(df: Floats, n: int) -> Floats:
    return np.log((n + 1) / df)


def _okapi(df: Floats, n: int) -> Floats:
    """rank-bm25's: negative values are lifted to a quarter of the mean over the vocabulary."""
    idf = _robertson(df, n)
    return np.where(idf < 0, 0.25 * idf.mean(), idf) if len(idf) else idf


VARIANTS: dict[str, Variant] = {
    "lucene": Variant(_lucene, scaled=False, nonempty=True),
    "lucene-exact": Variant(_lucene, scaled=False, nonempty=True, coded=True),
    "robertson": Variant(_robertson, scaled=False, signed=True),
    "atire": Variant(_atire),
    "bm25l": Variant(_bm25l, inside=True, delta=0.5),
    "bm25+": Variant(_bm25_plus, add=True, delta=1.0),
    "okapi": Variant(_okapi, signed=True),
}


def variant(name: str) -> Variant:
    """The form called `name`. Raises UsageError (with suggestions) for an unknown one."""
    if name not in VARIANTS:
        raise UsageError(f"unknown BM25 variant {name!r}", mend=suggest(name, list(VARIANTS)))
    return VARIANTS[name]
