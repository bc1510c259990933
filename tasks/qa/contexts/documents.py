"""Documents by their names: rows of a corpus, the chunks of a record, and the passages that a model is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpora import Corpus, InputError
from corpora.corpus import take_rows
from corpora.questions import Questions
from retrieval import Run
from retrieval.roll_up import parents_of

from ..passages import Passage

Rows = NDArray[np.int64]
UNKNOWN_RECORDS = "unknown_records_questions"
"""The note that counts questions whose record the corpus lacks, so that nothing is found for them."""


def read_passages(corpus: Corpus, rankings: Sequence[Sequence[str]]) -> tuple[tuple[Passage, ...], ...]:
    """The documents of each ranking (ids, all of them in the corpus) with their titles, texts and pictures, read in one go."""
    flat = pa.array([name for names in rankings for name in names], pa.string())
    if not len(flat):
        return tuple(() for _ in rankings)
    rows = corpus.rows_of(flat)
    table = take_rows(corpus.table.select(["id", "title", "text"]), rows)
    columns = [*(table.column(name).to_pylist() for name in table.column_names), corpus.images(rows)]
    made = [Passage(*row) for row in zip(*columns, strict=True)]
    ends = np.cumsum([0, *map(len, rankings)]).tolist()
    return tuple(tuple(made[start:stop]) for start, stop in zip(ends, ends[1:], strict=False))


def first_of(run: Run, k: int) -> list[list[str]]:
    """The ids of the first k documents of each ranking."""
    first = run.cut(k)
    docs, ends = first.docs.to_pylist(), first.offsets.tolist()
    return [docs[start:stop] for start, stop in zip(ends, ends[1:], strict=False)]


def record_rows(corpus: Corpus, records: Collection[str]) -> dict[str, Rows]:
    """The rows of each record, int64, ascending: its chunks, or the document itself that is in one piece; none for an unknown."""
    if not records:
        return {}
    parents = corpus.ids if corpus.parents is None else parents_of(corpus)
    place = pc.index_in(parents, value_set=pa.array(sorted(records), pa.string()))
    rows = pc.indices_nonzero(pc.is_valid(place)).to_numpy().astype(np.int64)
    number = place.take(pa.array(rows)).to_numpy().astype(np.int64)
    grouped = rows[np.argsort(number, kind="stable")]
    parts = np.split(grouped, np.cumsum(np.bincount(number, minlength=len(records)))[:-1])
    return {name: part for name, part in zip(sorted(records), parts, strict=True) if len(part)}


def named_rows(corpus: Corpus, names: Collection[str]) -> dict[str, Rows]:
    """The row of each document, int64; the rows of its chunks where only they are in the corpus; none for an unknown name."""
    ordered = sorted(names)
    if not ordered:
        return {}
    rows = corpus.rows_of(pa.array(ordered, pa.string()))
    found = {name: rows[at : at + 1] for at, name in enumerate(ordered) if rows[at] >= 0}
    left = [name for name in ordered if name not in found]
    return found if corpus.parents is None else {**found, **record_rows(corpus, left)}


def records_of(questions: Questions, corpus: Corpus) -> tuple[Mapping[str, Rows], dict[str, int]]:
    """The rows of every record that questions are limited to, and how many questions have one that the corpus lacks.

    Raises InputError where all questions have one, and it has none of them.
    """
    records = [one.record for one in questions.items if one.record]
    rows = record_rows(corpus, set(records))
    unknown = sum(record not in rows for record in records)
    if records and unknown == len(questions):
        what = f"the corpus has none of the records that the questions are about, such as {records[0]!r}"
        raise InputError(what, where=questions.name, mend="give the corpus whose documents, or parents of chunks, they name")
    return rows, {UNKNOWN_RECORDS: unknown} if unknown else {}
