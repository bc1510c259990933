"""`icd10cm`, medical coding: find the ICD-10-CM code under which a term stands."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ..collection import Collection
from ..ingest import kept_corpus
from ..state import digest
from ..workspace import Workspace
from .collect import batches_of, collected
from .icd10cm_tabular import Entry, classes_of, descendants_of, read_entries
from .overlap import fold, overlap
from .source import card_and_recipe, packaged_bytes
from .splits import Asked, check_split, only

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
    key = digest(card.name, recipe.sha256, BUILDER)
    kept = kept_corpus(workspace, key, lambda: documents(entries), where=card.name)
    asked, counted = ask(entries, recipe.dev)
    return collected(card, split, kept, asked, counted)


def documents(entries: Sequence[Entry]) -> Iterator[pa.RecordBatch]:
    """The documents: id = code, title, text = the titles of the ancestor codes, nearest first.

    Chapters, sections and inclusion terms are left out. Metadata: the chapter and the parent code.
    """
    title = {entry.code: entry.title for entry in entries}

    def row(entry: Entry) -> dict[str, str]:
        text = ANCESTOR_SEPARATOR.join(title[code] for code in entry.ancestors)
        metadata = json.dumps({"chapter": entry.chapter, "parent": "".join(entry.ancestors[:1])})
        return {"id": entry.code, "title": entry.title, "text": text, "metadata": metadata}

    return batches_of(entries, row)


def ask(entries: Sequence[Entry], dev: frozenset[str]) -> tuple[list[Asked], dict[str, int]]:
    """The queries in the order of the list, and the counts of terms, repeats merged and terms dropped.

    Equal means equal when case folded. A term under several codes is one query, and each of them is right. A term equal
    to the title of any code is dropped: that code would be the better answer.
    """
    stands: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
    for entry in entries:
        for term in entry.terms:
            stands[fold(term)].append((term, entry))
    terms = sum(map(len, stands.values()))
    classes = classes_of(entries)
    kept = [found for folded, found in stands.items() if folded not in classes]
    counted = {"terms": terms, "repeats_merged": terms - len(stands), "equal_to_title_dropped": len(stands) - len(kept)}
    below = descendants_of({entry.code for found in kept for _, entry in found}, entries)
    judge = _Judge(classes, below, dev)
    return [judge.asked(found[0][0], [entry for _, entry in found]) for found in kept], counted


@dataclass(frozen=True)
class _Judge:
    """Says what is right for a term: codes by folded title, codes below a code, chapters for development."""

    classes: Mapping[str, Sequence[str]]
    below: Mapping[str, set[str]]
    dev: frozenset[str]

    def asked(self, term: str, under: Sequence[Entry]) -> Asked:
        """The query of a term that stands under these entries; its slices are those of the first."""
        first = under[0]
        metadata = {
            "chapter": first.chapter,
            "target": target(first.title),
            "leaf": "no" if self.below[first.code] else "yes",
            "overlap": overlap(term, (entry.title for entry in under)),
        }
        relevant = frozenset(code for entry in under for code in self.classes[fold(entry.title)])
        ignored = frozenset(code for entry in under for code in self.below[entry.code]) - relevant
        side = only("dev" if entry.chapter in self.dev else "test" for entry in under)
        return Asked(term, tuple(dict.fromkeys(entry.code for entry in under)), relevant, ignored, side, metadata)


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
