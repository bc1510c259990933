"""Partial credit on `icd10cm` by the code hierarchy: a second, named judgement, never the main one."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

from ..collection import Card, Collection
from ..queries import Qrels
from ..workspace import Workspace
from . import icd10cm
from .source import card_and_recipe

NAME = "icd10cm-hierarchy"
RIGHT, NEAR, CATEGORY = 3, 2, 1


def load(split: str, workspace: Workspace) -> Collection:
    """`icd10cm`'s documents and queries under the graded judgement, as a collection of its own name."""
    binary = icd10cm.load(split, workspace)
    return replace(binary, card=hierarchy_card(), qrels=hierarchy_grades(binary))


def hierarchy_card() -> Card:
    """`icd10cm`'s card under the name of the graded judgement, measured by nDCG@10 alone."""
    card, _ = card_and_recipe("icd10cm")
    note = f"Partial credit by the code hierarchy, beside the binary judgement of icd10cm and never instead of it. {card.note}"
    return replace(card, name=NAME, main="nDCG@10", measures=("nDCG@10",), note=note)


def hierarchy_grades(collection: Collection) -> Qrels:
    """The collection's queries judged again, in three grades, with nothing left out of any ranking.

    3: right in the binary judgement. 2: the parent, a child or a sibling of a right code. 1: another code of its
    three-character category. The collection is `icd10cm`, whose documents' metadata name their parents.
    """
    parent = _parents(collection)
    children, category = defaultdict(set), defaultdict(set)
    for code, above in parent.items():
        category[code[:3]].add(code)
        if above:
            children[above].add(code)
    grades = {}
    for query, judged in collection.qrels.grades.items():
        near = set().union(*({parent[c]} | children[c] | children[parent[c]] for c in judged)) - {""}
        wide = set().union(*(category[c[:3]] for c in judged))
        grades[query] = {code: RIGHT if code in judged else NEAR if code in near else CATEGORY for code in sorted(wide | near)}
    return Qrels(grades)


def _parents(collection: Collection) -> dict[str, str]:
    metadata = collection.corpus.table.column("metadata").to_pylist()
    return {code: json.loads(text)["parent"] for code, text in zip(collection.corpus.ids.to_pylist(), metadata, strict=True)}
