"""`hpo-lay` and `hpo-lay-loose`, consumer words against clinical words: find the term that a layperson's wording means."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ..collection import Card, Collection
from ..errors import InputError
from ..ingest import kept_corpus
from ..state import digest
from ..workspace import Workspace
from .collect import batches_of, collected
from .hpo_obo import Synonym, Term, branches_of, read_terms, read_version
from .overlap import fold, overlap
from .source import Recipe, card_and_recipe, packaged_bytes
from .splits import Asked, check_split, only

BUILDER = "1"
"""Raised whenever the documents are built differently: part of the key under which they are kept."""
ROOT = "HP:0000118"
"""The term "Phenotypic abnormality", whose children are the organ branches."""
SEVERAL, OUTSIDE = "several branches", "outside the branches"

Branches = Mapping[str, frozenset[str]]


def load(split: str, workspace: Workspace) -> Collection:
    """The EXACT layperson synonyms as queries: `test`, `dev` (branches apart) or `all` (which adds terms of several branches).

    Raises UsageError for another split, SurroundingsError without the package, InputError where the data, its version
    or a count is not the card's.
    """
    return _load("hpo-lay", ("exact",), split, workspace)


def load_loose(split: str, workspace: Workspace) -> Collection:
    """The BROAD, NARROW and RELATED layperson synonyms as queries, over the same documents and splits; slice `relation`."""
    return _load("hpo-lay-loose", ("broad", "narrow", "related"), split, workspace)


def _load(name: str, relations: tuple[str, ...], split: str, workspace: Workspace) -> Collection:
    check_split(split, name)
    card, recipe = card_and_recipe(name)
    obo = packaged_bytes(recipe).decode()
    _check_version(card, recipe, read_version(obo))
    terms = read_terms(obo)
    branches = branches_of(terms, ROOT)
    key = digest("hpo", recipe.sha256, BUILDER)
    kept = kept_corpus(workspace, key, lambda: documents(terms, branches), where=name)
    asked, counted = ask(terms, branches, relations, recipe.dev)
    return collected(card, split, kept, asked, counted)


def _check_version(card: Card, recipe: Recipe, version: str) -> None:
    """Nothing, where the file's own version is the one that the card names, in `revision` and `attribution`."""
    if version != card.revision or version not in card.attribution:
        what = f"the file's version is {version!r}, the card's {card.revision!r}"
        raise InputError(what, where=recipe.file, mend=f'install the pinned version: pip install "{recipe.requirement}"')


def documents(terms: Sequence[Term], branches: Branches) -> Iterator[pa.RecordBatch]:
    """The documents: id, title = name, text = definition, no synonyms. Metadata: the ids of the branches."""

    def row(term: Term) -> dict[str, str]:
        metadata = json.dumps({"branches": sorted(branches[term.id])})
        return {"id": term.id, "title": term.name, "text": term.definition, "metadata": metadata}

    return batches_of(terms, row)


def ask(
    terms: Sequence[Term], branches: Branches, relations: tuple[str, ...], dev: frozenset[str]
) -> tuple[list[Asked], dict[str, int]]:
    """The queries in the order of the file, and the counts of synonyms, repeats merged and synonyms dropped.

    Equal means equal when case folded. A synonym equal to its own term's name is dropped; one that several terms share
    is one query, and each of them is right.
    """
    lay = [(term, word) for term in terms for word in term.synonyms if "layperson" in word.types and word.relation in relations]
    kept = [(term, word) for term, word in lay if fold(word.text) != fold(term.name)]
    means: dict[str, list[tuple[Term, Synonym]]] = defaultdict(list)
    for term, word in kept:
        means[fold(word.text)].append((term, word))
    counted = {"terms": len(lay), "repeats_merged": len(kept) - len(means), "equal_to_title_dropped": len(lay) - len(kept)}
    names = {term.id: term.name for term in terms}
    return [_asked(found, names, branches, dev) for found in means.values()], counted


def _asked(found: list[tuple[Term, Synonym]], names: Mapping[str, str], branches: Branches, dev: frozenset[str]) -> Asked:
    text = found[0][1].text
    on = tuple(dict.fromkeys(term.id for term, _ in found))
    inside = frozenset().union(*(branches[term] for term in on))
    side = only("dev" if branch in dev else "test" for branch in inside) if len(inside) == 1 else ""
    metadata = {
        "branch": names[next(iter(inside))] if len(inside) == 1 else SEVERAL if inside else OUTSIDE,
        "overlap": overlap(text, (names[term] for term in on)),
        "relation": only(word.relation for _, word in found) or "several",
    }
    return Asked(text, on, frozenset(on), frozenset(), side, metadata)
