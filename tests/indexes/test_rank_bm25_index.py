"""rank-bm25 behind our protocol: its own scores, for the documents that match, in the total order."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest

from corpora import SurroundingsError, UsageError
from indexes.analysis.named import analyser
from indexes.rank_bm25_index import CLASSES, RankBM25Index, build_rank_bm25

rank_bm25 = pytest.importorskip("rank_bm25")

WORDS = ["fever", "cough", "asthma", "anemia", "insulin", "statin", "biopsy", "sepsis", "stroke", "edema"]
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, int(n))) for n in RNG.integers(0, 9, 200)]
QUERIES = ["fever", "asthma insulin asthma", "sepsis stroke unheard", "unheard", ""]
QUERIES += [" ".join(RNG.choice(WORDS, 3)) for _ in range(20)]
ORDER = RNG.permutation(len(TEXTS))


def index(form: str = "okapi", texts: list[str] = TEXTS, **parameters: float) -> RankBM25Index:
    blocks = [pa.array(texts[at : at + 64], pa.string()) for at in range(0, len(texts), 64)]
    return build_rank_bm25(blocks, analyser("plain"), ORDER[: len(texts)].argsort().argsort(), form=form, **parameters)


@pytest.mark.parametrize("form", CLASSES)
def test_the_scores_are_the_librarys(form: str) -> None:
    theirs = getattr(rank_bm25, CLASSES[form])([text.split() for text in TEXTS])
    hits = index(form).search(QUERIES, len(TEXTS))
    for query, rows, scores in zip(QUERIES, hits.rows, hits.scores, strict=True):
        whole = theirs.get_scores(query.split()).astype(np.float32)
        match = [row for row, text in enumerate(TEXTS) if set(text.split()) & set(query.split())]
        expected = sorted(match, key=lambda row: (-whole[row], ORDER[row]))
        assert rows[rows >= 0].tolist() == expected
        np.testing.assert_array_equal(scores[rows >= 0], whole[expected])


def test_parameters_reach_the_library() -> None:
    theirs = rank_bm25.BM25L([text.split() for text in TEXTS], k1=0.9, b=0.4, delta=0.1)
    hits = index("bm25l", k1=0.9, b=0.4, delta=0.1).search(["fever"], 1)
    assert hits.scores[0, 0] == np.float32(theirs.get_scores(["fever"]).max())
    with pytest.raises(UsageError, match="epsilon"):
        index("bm25l", epsilon=0.1)


def test_candidates() -> None:
    ours = index()
    deep = ours.search(QUERIES, len(TEXTS))
    mask = RNG.random(len(TEXTS)) < 0.5
    masked, listed = ours.search(QUERIES, 300, mask), ours.search(QUERIES, 300, [np.flatnonzero(mask)] * len(QUERIES))
    np.testing.assert_array_equal(masked.rows, listed.rows)
    for rows, found in zip(deep.rows, masked.rows, strict=True):
        assert found[found >= 0].tolist() == [row for row in rows if row >= 0 and mask[row]]


def test_unknown_words_find_nothing_and_are_counted() -> None:
    ours = index()
    assert (ours.search(["unheard", ""], 5).rows == -1).all()


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["fever"]])
def test_smallest_corpora(texts: list[str]) -> None:
    ours = index(texts=texts)
    assert len(ours) == len(texts)
    hits = ours.search(["fever", "cough"], 3)
    assert hits.rows.shape == (2, 3)
    assert (hits.rows >= 0).sum() == ("fever" in texts)
    assert ours.search([], 3).rows.shape == (0, 3)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match="okapi"):
        index("okappi")


def test_without_the_library_the_message_is_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rank_bm25", None)
    with pytest.raises(SurroundingsError, match=r'pip install "medir\[rank-bm25\]"'):
        index()
