"""A question's own picture is no evidence: documents that show it are left out of the question's ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from corpora import Corpus, Qrels
from corpora.questions import Questions

OWN_IMAGE = "own_image_left_out_questions"
"""The note that counts questions of which documents were left out, since they show the question's own picture."""


def without_own_images(questions: Questions, corpus: Corpus) -> tuple[Questions, dict[str, int]]:
    """The questions with every document ignored that has a picture of theirs, and how many questions that concerns.

    Pictures are the same where the bytes of their files and their frames are: a copy that was saved anew is another.
    """
    if not corpus.pictured:
        return questions, {}
    wanted = {one.id: frozenset(image.key for image in one.images) for one in questions.items if one.images}
    owners = _owners(corpus, frozenset().union(*wanted.values()))
    own = {name: frozenset(doc for key in keys for doc in owners.get(key, ())) for name, keys in wanted.items()}
    concerned = {name: documents for name, documents in own.items() if documents}
    if not concerned:
        return questions, {}
    ignored = {**questions.qrels.ignored}
    ignored |= {name: documents | ignored.get(name, frozenset()) for name, documents in concerned.items()}
    return replace(questions, qrels=Qrels(questions.qrels.grades, ignored)), {OWN_IMAGE: len(concerned)}


def _owners(corpus: Corpus, wanted: frozenset[str]) -> Mapping[str, list[str]]:
    """The ids of the documents that have each of some pictures, by its key."""
    found: dict[str, list[str]] = {}
    keys = pc.split_pattern(corpus.table.column("images").combine_chunks(), " ")
    flat, rows = pc.list_flatten(keys), pc.list_parent_indices(keys)
    there = pc.is_in(flat, value_set=pa.array(sorted(wanted), flat.type))
    names = corpus.ids.take(rows.filter(there)).to_pylist()
    for key, name in zip(flat.filter(there).to_pylist(), names, strict=True):
        found.setdefault(key, []).append(name)
    return found
