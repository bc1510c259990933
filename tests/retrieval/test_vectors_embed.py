"""Texts to vectors: the plan, the keys, what is found again, what is made anew, and what is said when it fails."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import InputError, StateError, SurroundingsError, corpus_of
from corpora.state import digest
from corpora.workspace import Workspace
from retrieval.encoders.custom import CustomEncoder
from retrieval.encoders.protocol import Batching
from retrieval.vectors import embed
from retrieval.vectors.keys import unique_texts
from retrieval.vectors.plan import plan_batches
from retrieval.vectors.texts import CorpusTexts

DIM = 8


class Model:
    """Deterministic vectors, and a memory of every call."""

    name, dim, similarity, fingerprint = "model", DIM, "dot", "1"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def _rows(self, texts: list[str]) -> np.ndarray:
        self.calls.append(texts)
        return np.array([vector_of(text) for text in texts], np.float32)

    def encode_queries(self, texts: list[str]) -> np.ndarray:
        return self._rows(texts) + 1

    def encode_documents(self, texts: list[str]) -> np.ndarray:
        return self._rows(texts)


def vector_of(text: str) -> np.ndarray:
    return np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)[:DIM].astype(np.float32) + 1


class Small(CustomEncoder):
    """Batches of at most 4 texts and 40 bytes."""

    batching = Batching(40, 4)


def small(model: Any = None) -> Small:
    return Small(model or Model(), "model.py:Model")


TEXTS = [f"text {i % 13} " + "x" * (i % 13) for i in range(50)]


def test_vectors_come_in_order_and_equal_texts_are_embedded_once(tmp_path: Path) -> None:
    model = Model()
    result = embed(small(model), TEXTS, "document", Workspace(tmp_path))
    np.testing.assert_array_equal(result.vectors, np.array([vector_of(text) for text in TEXTS]))
    assert sorted(text for call in model.calls for text in call) == sorted(set(TEXTS))
    assert result.truncated == 0


def test_what_is_kept_is_not_embedded_again(tmp_path: Path) -> None:
    embed(small(), TEXTS, "document", Workspace(tmp_path))
    again = Model()
    result = embed(small(again), TEXTS[::-1], "document", Workspace(tmp_path))
    np.testing.assert_array_equal(result.vectors, np.array([vector_of(text) for text in TEXTS[::-1]]))
    assert again.calls == []


def test_only_what_is_missing_is_embedded(tmp_path: Path) -> None:
    embed(small(), TEXTS[:6], "document", Workspace(tmp_path))
    again = Model()
    embed(small(again), TEXTS, "document", Workspace(tmp_path))
    assert sorted(text for call in again.calls for text in call) == sorted(set(TEXTS) - set(TEXTS[:6]))


def test_a_query_and_a_document_of_the_same_text_share_nothing(tmp_path: Path) -> None:
    document = embed(small(), ["fever"], "document", Workspace(tmp_path)).vectors
    query = embed(small(), ["fever"], "query", Workspace(tmp_path)).vectors
    np.testing.assert_array_equal(query, document + 1)


def test_another_encoder_shares_nothing(tmp_path: Path) -> None:
    embed(small(), TEXTS, "document", Workspace(tmp_path))
    other = Model()
    other.fingerprint = "2"
    embed(small(other), TEXTS, "document", Workspace(tmp_path))
    assert sum(map(len, other.calls)) == len(set(TEXTS))


def test_a_corpus_is_streamed_into_a_file(tmp_path: Path) -> None:
    corpus = corpus_of(pa.table({"id": [str(i) for i in range(50)], "text": TEXTS}))
    result = embed(small(), CorpusTexts(corpus, "joined"), "document", Workspace(tmp_path), into=tmp_path / "vectors.f32")
    assert isinstance(result.vectors, np.memmap)
    expected = np.array([vector_of(text) for text in TEXTS])
    np.testing.assert_array_equal(result.vectors, expected)
    assert (tmp_path / "vectors.f32").read_bytes() == expected.tobytes()


def test_nothing_to_embed(tmp_path: Path) -> None:
    assert embed(small(), [], "document", Workspace(tmp_path)).vectors.shape == (0, DIM)
    assert embed(small(), [], "document", Workspace(tmp_path), into=tmp_path / "v").vectors.shape == (0, DIM)
    assert (tmp_path / "v").read_bytes() == b""


def test_batches_obey_the_budget_longest_first(tmp_path: Path) -> None:
    model = Model()
    embed(small(model), TEXTS, "document", Workspace(tmp_path))
    for call in model.calls:
        assert len(call) <= 4
        assert len(call) == 1 or len(call) * max(len(text) for text in call) <= 40
    assert len(model.calls[0][0]) == max(map(len, TEXTS))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=0, max_size=60), st.integers(1, 200), st.integers(1, 9))
def test_a_plan_holds_every_text_once_whatever_their_order(lengths: list[int], padded: int, most: int) -> None:
    keys = np.array([np.frombuffer(hashlib.sha256(str(i).encode()).digest(), np.uint8) for i in range(len(lengths))]).reshape(
        -1, 32
    )
    sizes, shuffle = np.array(lengths, np.int64), np.random.default_rng(len(lengths)).permutation(len(lengths))
    plan = plan_batches(sizes, keys, Batching(padded, most))
    other = plan_batches(sizes[shuffle], keys[shuffle], Batching(padded, most))
    assert sorted(plan.order.tolist()) == list(range(len(lengths)))
    assert other.digest == plan.digest
    assert [shuffle[b].tolist() for b in other] == [b.tolist() for b in plan]
    for batch in plan:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(sizes[batch].max(), 1) <= padded


def test_the_plan_is_in_the_journal_and_forgets_what_is_kept(tmp_path: Path) -> None:
    def plan(root: Path) -> str:
        (newest,) = [p for p in root.rglob("*.journal") if p not in seen]
        return newest.read_bytes().partition(b'"plan": "')[2][:64].decode()

    seen: set[Path] = set()
    embed(small(), TEXTS, "document", Workspace(tmp_path / "one"))
    fresh = plan(tmp_path / "one")
    embed(small(), TEXTS[:9], "document", Workspace(tmp_path / "two"))
    seen |= set((tmp_path / "two").rglob("*.journal"))
    embed(small(), TEXTS, "document", Workspace(tmp_path / "two"))
    assert plan(tmp_path / "two") == fresh


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=30))
def test_keys_are_the_digest_of_role_prompt_and_text(texts: list[str]) -> None:
    unique = unique_texts([texts[:7], texts[7:]], "query", "q: ")
    assert [unique.keys[i].tobytes().hex() for i in unique.which] == [digest("query", "q: ", text) for text in texts]
    assert [texts[i] for i in unique.first] == list(dict.fromkeys(texts))


class Greedy(Model):
    """Runs out of memory on more than two texts, as torch does."""

    def _rows(self, texts: list[str]) -> np.ndarray:
        if len(texts) > self.most:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")
        return super()._rows(texts)

    most = 2


def test_out_of_memory_halves_the_batch(tmp_path: Path) -> None:
    model = Greedy()
    result = embed(small(model), TEXTS, "document", Workspace(tmp_path))
    np.testing.assert_array_equal(result.vectors, np.array([vector_of(text) for text in TEXTS]))
    assert max(map(len, model.calls)) == 2


def test_out_of_memory_on_one_text_names_it(tmp_path: Path) -> None:
    model = Greedy()
    model.most = 0
    with pytest.raises(SurroundingsError, match="not enough memory") as caught:
        embed(small(model), ["a", "b"], "document", Workspace(tmp_path), ids=["d1", "d2"])
    assert caught.value.where in ("d1", "d2")


class Busy(Model):
    """Counts the calls that are in work at a time."""

    now = most = 0
    lock = threading.Lock()

    def _rows(self, texts: list[str]) -> np.ndarray:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        with self.lock:
            self.now -= 1
        return super()._rows(texts)


class Wide(Small):
    """Three batches at a time."""

    workers = 3


def test_several_batches_at_a_time_give_the_same(tmp_path: Path) -> None:
    model = Busy()
    result = embed(Wide(model, "model.py:Model"), TEXTS, "document", Workspace(tmp_path))
    np.testing.assert_array_equal(result.vectors, np.array([vector_of(text) for text in TEXTS]))
    assert 1 < model.most <= 3
    with pytest.raises(InputError, match="NaN or infinity for 'd7'"):
        embed(Wide(Faulty(), "x"), TEXTS, "query", Workspace(tmp_path), ids=[f"d{i}" for i in range(50)])


class Faulty(Model):
    """NaN for one text."""

    def _rows(self, texts: list[str]) -> np.ndarray:
        rows = super()._rows(texts)
        rows[[text.startswith("text 7") for text in texts]] = np.nan
        return rows


def test_the_first_bad_vector_stops_the_run_within_its_batch(tmp_path: Path) -> None:
    corpus = corpus_of(pa.table({"id": [f"d{i}" for i in range(50)], "text": TEXTS}))
    model = Faulty()
    with pytest.raises(InputError, match="gave NaN or infinity for 'd7'"):
        embed(small(model), CorpusTexts(corpus, "text"), "document", Workspace(tmp_path))
    assert any(text.startswith("text 7") for text in model.calls[-1]), "nothing was asked after it"


def test_a_damaged_store_is_an_error_that_names_file_and_mend(tmp_path: Path) -> None:
    embed(small(), TEXTS, "document", Workspace(tmp_path))
    (path,) = tmp_path.rglob("*.journal")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StateError, match="checksum") as caught:
        embed(small(), TEXTS, "document", Workspace(tmp_path))
    path.unlink()
    assert caught.value.where == str(path)
    embed(small(), TEXTS, "document", Workspace(tmp_path))


def test_progress_counts_what_is_embedded(tmp_path: Path) -> None:
    shown: dict[str, list[int]] = {}

    @contextmanager
    def progress(label: str, total: int, unit: str = "") -> Iterator[Any]:
        shown[label] = [total, 0]

        def advance(done: int) -> None:
            shown[label][1] += done

        yield advance

    embed(small(), TEXTS, "document", Workspace(tmp_path, progress))
    total = sum(len(text.encode()) for text in set(TEXTS))
    assert shown == {"measuring documents": [50, 50], "embedding documents": [total, total]}
