"""An entry's card, and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpora.caption_tasks import ranked
from corpora.collection import Card, Collection
from corpora.corpus import Corpus
from corpora.errors import InputError, UsageError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.questions import QUESTION_KINDS, Questions
from corpora.sources import (
    FilesSource,
    HubSource,
    Loaded,
    Source,
    check_counts,
    filled,
    generations_of,
    open_captions,
    open_corpus_source,
    open_files_questions,
    open_generations,
    open_source,
    sampled,
    source_of,
)
from corpora.workspace import Workspace

from .entry import CAPTIONED, CORPUS, QA, RANKED, Entry
from .models import seen_by


def card_of_entry(entry: Entry, split: str | None = None, subset: str | None = None) -> Card:
    """The card of one split and subset (the defaults where none is asked): what its data must hold, and how it is scored.

    Its `language` is that of the documents, its `trained_on` the models known to have seen the task, and its `counts`
    those that are known of this split and subset and can be checked. Raises UsageError for a split or subset that is not there.
    """
    split, subset = entry.split(split), entry.subset(subset)
    return Card(
        name=entry.name,
        language=entry.language.replace("{subset}", subset),
        source=_source(entry),
        revision=str(entry.source.get("revision", "")),
        licence=entry.licence,
        attribution=entry.attribution,
        citation=entry.citation,
        note=entry.note,
        trained_on=tuple(dict.fromkeys([*entry.trained_on, *seen_by(entry.name)])),
        text_rule=entry.text_rule,
        main=entry.main,
        measures=entry.measures,
        slices=entry.slices,
        macro=entry.macro,
        drop_same_id=entry.drop_same_id,
        known_item=entry.known_item,
        version=entry.version,
        subset=subset or "default",
        counts={what: count for what, count in entry.counts_of(split, subset).items() if what != "topics"},
    )


def open_entry(
    entry: Entry, split: str | None, subset: str | None, workspace: Workspace, *, folder: Path | None = None, check: bool = True
) -> Loaded:
    """The data of one split and subset, fetched where it is not kept, and checked against the entry's counts unless not `check`;
    for the type `qa` that is Questions.

    `folder` is what the user brings, for entries of the kinds `files` and `trec`; without it, the folder of the entry's
    name under `MEDIR_DATA`. Where the entry counts nothing of them, the note `counts_unchecked` is 1. Queries get the
    entry's `generations`, fetched when they are asked for. Raises as `card_of_entry` and as `corpora.sources.open_source`, and
    UsageError for an entry of the type `corpus`, which asks nothing.
    """
    if entry.type == CORPUS:
        raise UsageError(f"{entry.name} is a corpus and asks nothing", mend=f"answer from it: medir qa --corpus {entry.name}")
    card = card_of_entry(entry, split, subset)
    known = bool(card.counts)
    card = card if check else replace(card, counts={})
    split, subset = entry.split(split), entry.subset(subset)
    source = source_of(_table(entry, folder), where=f"the catalogue, {entry.name}")
    stored = [entry.stored_as.get(name, name) for name in (split, subset)]
    if entry.type in CAPTIONED:
        return _noted(_as_asked(_captioned(source, entry, card, stored, workspace), split), known)
    if isinstance(source, FilesSource) and entry.type == QA:
        return _noted(_as_asked(_questions(source, entry, card, stored, workspace), split), known)
    if isinstance(source, FilesSource) and entry.type not in RANKED:
        return _noted(_labelled(source, entry, card, split), known)
    found = _as_asked(open_source(source, card, stored[0], stored[1], workspace), split)
    return _noted(_with_generations(found, entry, workspace), known)


def open_context_corpus(name: str, workspace: Workspace) -> tuple[Corpus, Card]:
    """The documents that questions are answered from, and their card: of a folder, of a task of the catalogue that has
    documents (one of the type `corpus`, or of any other its own), or of a built-in collection.

    Raises UsageError for a name that is not there or a task without documents; as `open_entry` for the data.
    """
    from corpora.catalogue import COLLECTIONS, open_corpus_of

    from .entries import entries, nearest

    if name in COLLECTIONS or (name not in entries() and Path(name).exists()):
        return open_corpus_of(name, workspace)
    if name not in entries():
        mend = nearest(name, list(entries()), "give a folder that holds a corpus file, or a name of: medir tasks --type corpus")
        raise UsageError(f"there is no corpus {name!r}", mend=mend)
    entry = entries()[name]
    if entry.type == CORPUS:
        return _corpus(entry, workspace)
    found = open_entry(entry, None, None, workspace)
    corpus = found.corpus if isinstance(found, Collection | Questions) else None
    if corpus is None:
        raise UsageError(f"{name} has no documents", mend="name another with --corpus: see medir tasks --type corpus")
    return corpus, found.card


def _corpus(entry: Entry, workspace: Workspace) -> tuple[Corpus, Card]:
    """The documents of an entry of the type `corpus`, as many as it counts."""
    card = card_of_entry(entry)
    source = filled(source_of(entry.source, where=f"the catalogue, {entry.name}"), entry.split(), entry.subset())
    if not isinstance(source, HubSource | FilesSource):
        raise InputError(f"a corpus cannot be of the kind {entry.kind!r}", where=entry.name, mend="use hub or files")
    corpus, _ = open_corpus_source(source, entry.name, workspace)
    check_counts(card.counts, {"documents": len(corpus)}, entry.name)
    return corpus, card


def _table(entry: Entry, folder: Path | None) -> Mapping[str, Any]:
    """The entry's source with the folder that is brought; the rows of questions are of the entry's kind."""
    table = dict(entry.source) | ({"folder": str(folder.resolve())} if folder else {})
    if entry.type == QA and isinstance(rows := table.get("rows"), Mapping):
        table["rows"] = {"question_kind": entry.question_kind, **rows}
    return table


def _captioned(source: Source, entry: Entry, card: Card, stored: list[str], workspace: Workspace) -> Collection:
    """Retrieval made of pictures with captions, as many as are counted, sampled as the source says."""
    one = filled(source, stored[0], stored[1])
    if not isinstance(one, HubSource | FilesSource):
        raise InputError(f"captions cannot be of the kind {entry.kind!r}", where=entry.name, mend="use hub or files")
    captions = open_captions(one, card, stored[0], workspace)
    lost = captions.notes.get("pairs_without_image", 0)
    check_counts(card.counts, {**captions.describe(), "pairs": len(captions) + lost}, card.name)
    return ranked(sampled(captions, one.sample), entry.type, one.label)


def _questions(source: FilesSource, entry: Entry, card: Card, stored: list[str], workspace: Workspace) -> Questions:
    """The questions in a folder that the user brings, as many as are counted."""
    one = filled(source, stored[0], stored[1])
    assert isinstance(one, FilesSource)
    kind = next((known for known in QUESTION_KINDS if known == entry.question_kind), None)
    found = open_files_questions(one, card, stored[0], workspace, kind)
    lost = found.notes.get("questions_without_images", 0)
    check_counts(card.counts, {**found.describe(), "questions": len(found) + lost}, card.name)
    return found


def _noted(found: Loaded, known: bool) -> Loaded:
    return found if known else replace(found, notes={**found.notes, "counts_unchecked": 1})


def _with_generations(found: Loaded, entry: Entry, workspace: Workspace) -> Loaded:
    """The collection with what language models wrote for its queries, where the entry says where that lies."""
    if not entry.generations or not isinstance(found, Collection):
        return found
    tables = generations_of(entry.generations, entry.source, where=f"the catalogue, {entry.name}.generations")
    return replace(found, queries=replace(found.queries, generations=open_generations(tables, workspace)))


def _labelled(source: FilesSource, entry: Entry, card: Card, split: str) -> LabelledTexts | TextPairs:
    """The labels or pairs in a folder that the user brings, under the entry's card."""
    from corpora.labelled_folder import read_labelled, read_pairs
    from corpora.sources.files import user_folder

    folder = user_folder(source.folder or card.name, source.recipe)
    data = read_labelled(folder) if entry.shape == "labels" else read_pairs(folder, split)
    check_counts(card.counts, data.describe(), card.name)
    return replace(data, card=card)


def _as_asked(loaded: Loaded, split: str) -> Loaded:
    """The data under our name of the split, where the source calls it something else."""
    if isinstance(loaded, LabelledTexts) or loaded.split == split:
        return loaded
    return replace(loaded, split=split)


def _source(entry: Entry) -> str:
    place = {"hub": "repo", "ir_datasets": "id", "builtin": "name"}.get(entry.kind)
    return f"{entry.kind}: {entry.source[place]}" if place else f"{entry.kind}: brought by the user"
