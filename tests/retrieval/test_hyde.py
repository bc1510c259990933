"""HyDE from stored generations against vectors summed by hand, and what is searched for in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpora import Card, Collection, InputError, Part, Qrels, Queries, UsageError, corpus_of
from corpora.generations import Generations
from corpora.workspace import Workspace
from retrieval.hyde import Hyde
from retrieval.systems import make_system
from tasks.retrieval_task import make_task

CORPUS = corpus_of(pa.table({"id": ["a", "b", "c"], "text": ["insulin lowers sugar", "fever and chills", "pain and fever"]}))
QUERIES = Queries.of_texts(["1", "2"], ["sugar", "chills"])
MODEL = """
import numpy as np
class Letters:
    name = "letters"; dim = 27; similarity = "dot"
    def encode_queries(self, texts): return self.encode_documents(["query " + t for t in texts])
    def encode_documents(self, texts):
        rows = np.array([[t.count(c) + 0.01 for c in "abcdefghijklmnopqrstuvwxyz "] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
"""


def stored(folder: Path, texts: dict[str, list[str]]) -> Path:
    file = folder / "texts.jsonl"
    rows = [{"query_id": query, "text": text} for query, written in texts.items() for text in written]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_words_of_query_and_generation_or_of_the_generation_alone(tmp_path: Path) -> None:
    file = stored(tmp_path, {"1": ["fever"], "2": ["pain"]})
    found = {}
    for join in ("mean", "alone"):
        system = make_system(f'hyde(bm25(analyser=plain), generations="{file}", join={join})')
        run = system.bind(CORPUS, Workspace(tmp_path / "home")).retrieve(QUERIES, 3)
        found[join] = [set(run.docs[a:b].to_pylist()) for a, b in zip(run.offsets, run.offsets[1:], strict=False)]
    assert found == {"mean": [{"a", "b", "c"}, {"b", "c"}], "alone": [{"b", "c"}, {"c"}]}


def test_the_vector_is_the_mean_of_query_and_generations(tmp_path: Path) -> None:
    (tmp_path / "letters.py").write_text(MODEL, encoding="utf-8")
    file = stored(tmp_path, {"1": ["a text", "another"], "2": ["pain"]})
    system = make_system(f'hyde(dense:{tmp_path / "letters.py"}:Letters, generations="{file}")')
    run = system.bind(CORPUS, Workspace(tmp_path / "home")).retrieve(QUERIES, 3)
    names: dict[str, object] = {}
    exec(MODEL, names)
    letters = names["Letters"]()  # type: ignore[operator]
    query = letters.encode_queries(["sugar"])[0].astype(np.float64)
    written = letters.encode_documents(["a text", "another"]).astype(np.float64)
    documents = letters.encode_documents(CORPUS.table.column("text").to_pylist()).astype(np.float64)
    expected = dict(zip(CORPUS.ids.to_pylist(), documents @ ((query + written.sum(axis=0)) / 3), strict=True))
    first = dict(zip(run.docs[:3].to_pylist(), run.scores[:3].tolist(), strict=True))
    assert first == pytest.approx(expected, abs=1e-6)


def test_a_query_without_a_generation_stays_and_is_counted(tmp_path: Path) -> None:
    how = Hyde(str(stored(tmp_path, {"1": ["thinking </think> fever "]})), "mean", "</think>")
    asked, missing = how.rewrite(QUERIES)
    assert missing == 1
    assert asked.parts == ((Part(text="sugar", weight=0.5), Part(text="fever", role="plain", weight=0.5)), QUERIES.parts[1])
    with pytest.raises(InputError, match="no query has a generation"):
        Hyde(str(stored(tmp_path, {"9": ["x"]})), "mean", "").rewrite(QUERIES)


def test_ignored_documents_leave_each_part_of_a_fusion_before_it(tmp_path: Path) -> None:
    file = stored(tmp_path, {"1": ["fever"], "2": ["pain"]})
    qrels = Qrels({"1": {"a": 1}, "2": {"b": 1}}, {"1": frozenset({"b"})})
    task = make_task(Collection(Card("t"), "test", CORPUS, QUERIES, qrels), ["RR@10"], 10)
    inner = "rrf(bm25(analyser=plain), bm25(analyser=english))"
    run = task.retrieve(make_system(f'hyde({inner}, generations="{file}")').bind(CORPUS, Workspace(tmp_path / "home")))
    assert set(run.docs[: run.offsets[1]].to_pylist()) == {"a", "c"}
    assert run.scores[0] == pytest.approx(2 / 61)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("hyde(bm25)", "stored generations"),
        ("hyde(bm25, dense:minilm, generations=x)", "one system"),
        ("hyde(bm25, generations=x, join=sum)", "join=sum"),
        ("hyde(bm25, generations=x, gen=1)", "no option 'gen'"),
    ],
)
def test_a_faulty_spec_is_refused(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_system(spec)


def test_generations_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="come with no generations"):
        Hyde("gpt4", "mean", "").rewrite(QUERIES)


def test_nothing_behind_the_mark_is_no_generation(tmp_path: Path) -> None:
    how = Hyde(
        str(stored(tmp_path, {"1": ["thinking </think> ", "so </think> fever"], "2": ["thinking </think>"]})), "mean", "</think>"
    )
    asked, missing = how.rewrite(QUERIES)
    assert (missing, [part.text for part in asked.parts[0]], asked.parts[1]) == (1, ["sugar", "fever"], QUERIES.parts[1])
    with pytest.raises(InputError, match="no query has a generation"):
        how.rewrite(QUERIES.take([1]))


def test_the_queries_own_generator_comes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored(tmp_path, {"1": ["file"], "2": ["file"]}).rename(tmp_path / "gpt.jsonl")
    own = Generations({"gpt.jsonl": "digest"}, lambda _: {"1": ("own",), "2": ("own",)})
    asked, _ = Hyde("gpt.jsonl", "alone", "").rewrite(replace(QUERIES, generations=own))
    assert asked.texts == ["own", "own"]
