"""Documents streamed into a kept corpus: fingerprint, order, repeats, and what stays on the disk."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.corpus import CORPUS_FILE, SCHEMA, corpus_of, take_rows
from corpora.errors import InputError, StateError
from corpora.ingest import kept_corpus
from corpora.workspace import Workspace

Row = dict[str, str]


def row(name: str, text: str = "text", **more: str) -> Row:
    return {"id": name, "title": "", "text": text, "parent": "", "images": "", "files": "", "metadata": "", **more}


def batches_of_rows(rows: list[Row], size: int = 3) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        yield pa.RecordBatch.from_pylist(rows[start : start + size], schema=SCHEMA)


def keep(tmp_path: Path, rows: list[Row], size: int = 3, key: str = "key"):
    return kept_corpus(Workspace(tmp_path), key, lambda: batches_of_rows(rows, size), where="somewhere")


def fingerprint_by_hand(rows: list[Row]) -> str:
    running = hashlib.sha256()
    for one in sorted(rows, key=lambda one: one["id"].encode()):
        for column in ("id", "title", "text", "images"):
            data = one[column].encode()
            running.update(struct.pack("<i", len(data)) + data)
    return running.hexdigest()


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(texts.filter(bool), st.tuples(texts, texts), min_size=1, max_size=30), st.integers(1, 9), st.randoms())
def test_fingerprint_and_order_are_the_definition(tmp_path_factory, documents, size, shuffled: random.Random):
    rows = [row(name, text, title=title, metadata=str(size)) for name, (title, text) in documents.items()]
    shuffled.shuffle(rows)
    corpus, notes = keep(tmp_path_factory.mktemp("kept"), rows, size)
    assert corpus.fingerprint == fingerprint_by_hand(rows) == corpus_of(corpus.table).fingerprint
    assert corpus.table.to_pylist() == rows
    descending = sorted((one["id"].encode() for one in rows), reverse=True)
    assert [descending[place] for place in corpus.order] == [one["id"].encode() for one in rows]
    assert notes.get("merged_duplicates", 0) == 0


def test_many_rows_in_any_order_give_one_fingerprint(tmp_path):
    rows = [row(f"d{number:05}", "some words " * (number % 7)) for number in range(10_000)]
    in_order, _ = keep(tmp_path, rows, 4096, "a")
    random.Random(1).shuffle(rows)
    mixed, _ = keep(tmp_path, rows, 1000, "b")
    assert in_order.fingerprint == mixed.fingerprint == fingerprint_by_hand(rows)
    assert mixed.texts("joined", np.array([5, 9999, 5])).to_pylist() == [rows[at]["text"] for at in (5, 9999, 5)]
    mixed.let_go()
    assert [text for block in mixed.blocks("text") for text in block.to_pylist()] == [one["text"] for one in rows]


def test_identical_duplicates_merge_into_the_first(tmp_path):
    rows = [row(f"d{number % 40:03}", f"text {number % 40}") for number in range(100)]
    corpus, notes = keep(tmp_path, rows, 7)
    assert corpus.table.to_pylist() == rows[:40]
    assert notes == {"merged_duplicates": 60}
    assert corpus.fingerprint == fingerprint_by_hand(rows[:40])
    assert sorted(corpus.order) == list(range(40))


@pytest.mark.parametrize("column", ["title", "text", "parent", "images", "files", "metadata"])
def test_duplicates_that_differ_in_any_column_are_an_error(tmp_path, column):
    rows = [row(f"d{number}") for number in range(8)] + [row("d3", **{column: "other"})]
    with pytest.raises(InputError) as caught:
        keep(tmp_path, rows)
    message = str(caught.value)
    assert "'d3'" in message
    assert "somewhere, document 4" in message
    assert "somewhere, document 9" in message
    assert not list((tmp_path / "collections").iterdir())


def test_a_failing_reader_leaves_nothing(tmp_path):
    def batches() -> Iterator[pa.RecordBatch]:
        yield from batches_of_rows([row("a")])
        raise InputError("broken", where="file:2")

    with pytest.raises(InputError, match="file:2: broken"):
        kept_corpus(Workspace(tmp_path), "key", batches, where="somewhere")
    assert not list((tmp_path / "collections").iterdir())


def test_no_document_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no document"):
        keep(tmp_path, [])


def test_empty_documents_and_the_readers_counts_are_notes(tmp_path):
    rows = [row("a", ""), row("b", "", title="title"), row("c")]
    _, notes = kept_corpus(
        Workspace(tmp_path), "key", lambda: batches_of_rows(rows), where="somewhere", counts=lambda: {"seen": 2, "nothing": 0}
    )
    assert notes == {"empty_documents": 1, "seen": 2}


def test_a_kept_corpus_is_found_again_and_checked(tmp_path):
    corpus, notes = keep(tmp_path, [row("a"), row("b")])
    again, same = kept_corpus(Workspace(tmp_path), "key", lambda: pytest.fail("read again"), where="somewhere")
    assert (again.fingerprint, same, again.ids.to_pylist()) == (corpus.fingerprint, notes, ["a", "b"])
    file = tmp_path / "collections" / "key" / CORPUS_FILE
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(StateError, match=CORPUS_FILE):
        keep(tmp_path, [row("a"), row("b")])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 5), max_size=5), st.data())
def test_rows_are_taken_across_chunks(sizes, data):
    total = sum(sizes)
    table = pa.table({"x": pa.chunked_array([pa.array(["y"] * size) for size in sizes], pa.string())})
    table = table.set_column(
        0, "x", pa.chunked_array([pa.array([f"{at}.{n}" for n in range(s)]) for at, s in enumerate(sizes)], pa.string())
    )
    rows = np.array(data.draw(st.lists(st.integers(0, total - 1), max_size=12)) if total else [], np.int64)
    assert take_rows(table, rows).to_pylist() == [table.to_pylist()[at] for at in rows]
