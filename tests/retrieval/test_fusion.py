"""Reciprocal rank fusion against its formula, written out in plain Python."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpora import Queries, corpus_of
from corpora.workspace import Workspace
from retrieval import Run
from retrieval.fusion import fuse_by_rank
from retrieval.systems import make_system


def by_hand(runs: list[dict[str, dict[str, float]]], c: float) -> dict[str, list[str]]:
    found = {}
    for query in runs[0]:
        scores: dict[str, float] = defaultdict(float)
        for run in runs:
            ranked = sorted(run[query].items(), key=lambda pair: (np.float32(pair[1]), pair[0]), reverse=True)
            for rank, (doc, _) in enumerate(ranked, 1):
                scores[doc] += 1 / (c + rank)
        found[query] = sorted(scores, key=lambda doc: (np.float32(scores[doc]), doc), reverse=True)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_fusion_equals_the_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    docs = [f"d{i}" for i in range(30)]
    some = [{f"q{q}": rng.choice(docs, rng.integers(0, 20), replace=False).tolist() for q in range(6)} for _ in range(3)]
    runs = [{q: {d: float(rng.integers(5)) for d in found} for q, found in run.items()} for run in some]
    fused = fuse_by_rank([Run.from_rankings(run) for run in runs], 60)
    assert {query: fused.of(row)[0] for row, query in enumerate(fused.queries)} == by_hand(runs, 60)
    backwards = fuse_by_rank([Run.from_rankings(run) for run in reversed(runs)], 60)
    assert backwards.rankings() == fused.rankings()


def test_no_query_finds_anything() -> None:
    empty = Run.from_rankings({"q": {}})
    assert fuse_by_rank([empty, empty]).rankings() == {"q": {}}


def test_a_fused_result_says_what_its_models_were_fed(tmp_path: Path) -> None:
    body = "import numpy as np\nclass One:\n    name = 'one'; dim = 2; similarity = 'dot'\n"
    body += "    def encode_queries(self, texts): return np.ones((len(texts), 2), np.float32)\n"
    (tmp_path / "one.py").write_text(body + "    encode_documents = encode_queries\n")
    corpus = corpus_of(pa.table({"id": ["d"], "text": ["fever"]}))
    bound = make_system(f"rrf(bm25, dense:{tmp_path}/one.py:One)").bind(corpus, Workspace(tmp_path / "home"))
    fed = bound.echo(Queries.of_texts(["q"], ["chills"]), corpus)  # type: ignore[attr-defined]
    assert set(fed) == {"2"}
    assert fed["2"]["query"]["text"] == "chills"
