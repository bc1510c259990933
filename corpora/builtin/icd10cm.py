"""`icd10cm`, medical coding: find the ICD-10-CM code under which a term stands."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from ..collection import Collection
from ..corpus import ROWS_A_BATCH, SCHEMA
from ..ingest import kept_corpus
from ..state import digest
from ..workspace import Workspace
from .icd10cm_tabular import Entry, read_entries
from .overlap import fold, overlap
from .source import assert_counts, card_and_recipe, packaged_bytes
from .splits import Asked, check_split, only, sided

BUILDER = "1"
"""Raised whenever the documents are built differently: part of the key under which they are kept."""
ANCESTOR_SEPARATOR = "; "
_OTHER = re.compile(r"\bother\b(?! than)|\bnot elsewhere classified\b", re.IGNORECASE)
_UNSPECIFIED = re.compile(r"\bunspecified\b", re.IGNORECASE)


def load(split: str, workspace: Workspace) -> Collection:
    """The collection's split: `test`, `dev` (chapters apart) or `all`.

    Raises UsageError for another split, SurroundingsError without the package, InputError where the data or a count is
    not the card's.
    """
    check_split(split, "icd10cm")
    card, recipe = card_and_recipe("icd10cm")
    entries = read_entries(packaged_bytes(recipe))
    corpus, notes = kept_corpus(workspace, digest(card.name, recipe.sha256, BUILDER), documents(entries), where=card.name)
    asked, dropped = ask(entries, recipe.dev)
    sides = sided(asked)
    assert_counts(card, {"documents": len(corpus), **dropped, **sides.counts()})
    queries, qrels = sides.take(split)
    return Collection(card, split, corpus, queries, qrels, {**notes, **dropped})


def documents(entries: Sequence[Entry]) -> Callable[[], Iterator[pa.RecordBatch]]:
    """What makes the documents: id = code, title, text = the titles of the ancestor codes, nearest first.

    Chapters, sections and inclusion terms are left out. Metadata: the chapter and the parent code.
    """
    title = {entry.code: entry.title for entry in entries}

    def row(entry: Entry) -> dict[str, str]:
        text = ANCESTOR_SEPARATOR.join(title[code] for code in entry.ancestors)
        metadata = json.dumps({"chapter": entry.chapter, "parent": "".join(entry.ancestors[:1])})
        return {"id": entry.code, "title": entry.title, "text": text, "parent": "", "images": "", "metadata": metadata}

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(entries), ROWS_A_BATCH):
            yield pa.RecordBatch.from_pylist([row(entry) for entry in entries[start : start + ROWS_A_BATCH]], schema=SCHEMA)

    return batches


def ask(entries: Sequence[Entry], dev: frozenset[str]) -> tuple[list[Asked], dict[str, int]]:
    """The queries in the order of the list, and the counts of terms, repeats merged and terms dropped.

    Equal means equal when case folded. A term under several codes is one query, and each of them is right. A term equal
    to the title of any code is dropped: that code would be the better answer.
    """
    stands = defaultdict(list)
    for entry in entries:
        for term in entry.terms:
            stands[fold(term)].append((term, entry))
    terms = sum(map(len, stands.values()))
    classes = _classes(entries)
    kept = {folded: found for folded, found in stands.items() if folded not in classes}
    counted = {"terms": terms, "repeats_merged": terms - len(stands), "equal_to_title_dropped": len(stands) - len(kept)}
    below = _descendants(entries, {entry.code for found in kept.values() for _, entry in found})
    return [_asked(found[0][0], [entry for _, entry in found], classes, below, dev) for found in kept.values()], counted


def _asked(term: str, under: list[Entry], classes: dict[str, list[str]], below: dict[str, set[str]], dev: frozenset[str]) -> Asked:
    first = under[0]
    codes = tuple(dict.fromkeys(entry.code for entry in under))
    relevant = frozenset(code for entry in under for code in classes[fold(entry.title)])
    ignored = frozenset().union(*(below[code] for code in codes)) - relevant
    metadata = {
        "chapter": first.chapter,
        "target": target(first.title),
        "leaf": "no" if below[first.code] else "yes",
        "overlap": overlap(term, (entry.title for entry in under)),
    }
    return Asked(term, codes, relevant, ignored, only("dev" if entry.chapter in dev else "test" for entry in under), metadata)


def target(title: str) -> str:
    """`other`, `unspecified` or `specific`: whether the title is that of a residual code.

    `other` where it starts with "Other"; else `unspecified` where it has that word; else `other` where it has "other"
    (not "other than") or "not elsewhere classified"; else `specific`.
    """
    if title.casefold().startswith("other "):
        return "other"
    if _UNSPECIFIED.search(title):
        return "unspecified"
    return "other" if _OTHER.search(title) else "specific"


def _classes(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """The codes of each title, case folded."""
    classes = defaultdict(list)
    for entry in entries:
        classes[fold(entry.title)].append(entry.code)
    return dict(classes)


def _descendants(entries: Sequence[Entry], wanted: set[str]) -> dict[str, set[str]]:
    """All codes below each wanted code."""
    below: dict[str, set[str]] = {code: set() for code in wanted}
    for entry in entries:
        for code in wanted.intersection(entry.ancestors):
            below[code].add(entry.code)
    return below
