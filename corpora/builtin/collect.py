"""What both built-ins share at their ends: documents into record batches, and all the pieces into a checked collection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

from ..collection import Card, Collection
from ..corpus import ROWS_A_BATCH, SCHEMA, Corpus
from ..errors import InputError
from .splits import Asked, sided

T = TypeVar("T")
NOTED = ("repeats_merged", "equal_to_title_dropped", "queries_only_in_all")
"""The counts that are shown beside scores, where they are not 0."""


def batches_of(items: Sequence[T], row: Callable[[T], Mapping[str, str]]) -> Iterator[pa.RecordBatch]:
    """The items as documents, a few thousand at a time; `row(item)` gives one's columns, those not given are empty."""
    blank = dict.fromkeys(SCHEMA.names, "")
    for start in range(0, len(items), ROWS_A_BATCH):
        rows = [{**blank, **row(item)} for item in items[start : start + ROWS_A_BATCH]]
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def collected(
    card: Card, split: str, kept: tuple[Corpus, Mapping[str, int]], asked: Sequence[Asked], counted: Mapping[str, int]
) -> Collection:
    """The split of all that is asked, over a kept corpus and its notes. Raises InputError where a count is not the card's."""
    corpus, notes = kept
    sides = sided(asked)
    built = {"documents": len(corpus), **counted, **sides.counts()}
    assert_counts(card, built)
    queries, qrels = sides.take(split)
    return Collection(card, split, corpus, queries, qrels, {**notes, **{name: built[name] for name in NOTED if built[name]}})


def assert_counts(card: Card, built: Mapping[str, int]) -> None:
    """Nothing, where every count of the card is what was built. Raises InputError that names the first that differs."""
    for what, expected in card.counts.items():
        if built.get(what) != expected:
            raise InputError(
                f"the card says {expected:,} for {what!r}, but {built.get(what, 0):,} were built",
                where=card.name,
                mend="the card and the builder disagree: install a release of medir in which they agree",
            )
