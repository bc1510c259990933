"""One door to all sources: what a source describes, loaded and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from ..collection import Card, Collection
from ..corpus import Corpus
from ..errors import InputError
from ..ingest import Counts
from ..labelled import LabelledTexts, TextPairs
from ..questions import Questions
from ..workspace import Workspace
from .tables import BuiltinSource, FilesSource, HubSource, IrDatasetsSource, Source, TrecSource, filled

Loaded: TypeAlias = Collection | LabelledTexts | TextPairs | Questions


def open_source(source: Source, card: Card, split: str, subset: str, workspace: Workspace) -> Loaded:
    """What a source gives for a split and a subset, under the entry's card, whose counts (of this split and subset) hold.

    A Collection for retrieval, reranking and aligned rows, LabelledTexts for labels, TextPairs for pairs, Questions for
    questions (of a hub source; those that a user brings are opened by `open_files_questions`).

    Raises InputError where a count differs and for what is damaged or not there; UsageError for an unknown split of a
    folder or a built-in; SurroundingsError for what cannot be fetched, is not kept while the network is switched off, or
    lacks an extra; StateError for kept data that is damaged.
    """
    source = filled(source, split, subset)
    loaded = _open(source, card, split, workspace)
    check_counts(card.counts, loaded.describe(), card.name)
    return loaded


def open_corpus_source(source: HubSource | FilesSource, name: str, workspace: Workspace) -> tuple[Corpus, Counts]:
    """The documents alone that a source of the shape `corpus` gives, or the folder that a user brings (by default `name`),
    and what was counted while they were read. Raises as `open_source`.
    """
    if isinstance(source, FilesSource):
        from ..folder import open_folder_corpus
        from .files import user_folder
        from .forms.temmed import open_temmed_corpus

        if source.layout == "temmed":
            return open_temmed_corpus(user_folder(source.folder or name, source.recipe), source, workspace)
        corpus, _, counted = open_folder_corpus(user_folder(source.folder or name, source.recipe), workspace)
        return corpus, counted
    from .opened import moved_notes, open_tables
    from .retrieval import open_corpus_table

    tables = open_tables(source, workspace)
    corpus, counted = open_corpus_table(tables["corpus"], workspace, source.pictures)
    return corpus, counted | moved_notes(tables)


def _open(source: Source, card: Card, split: str, workspace: Workspace) -> Loaded:
    if isinstance(source, HubSource):
        return _open_hub(source, card, split, workspace)
    if isinstance(source, FilesSource):
        from .files import open_files

        return open_files(source, card, split, workspace)
    if isinstance(source, TrecSource):
        from .trec import open_trec

        return open_trec(source, card, split, workspace)
    if isinstance(source, IrDatasetsSource):
        from .ir_datasets_source import open_ir_datasets

        return open_ir_datasets(source, card, split, workspace)
    return _open_builtin(source, card, split, workspace)


def _open_hub(source: HubSource, card: Card, split: str, workspace: Workspace) -> Loaded:
    from .aligned import open_aligned
    from .labelled_rows import open_labels, open_pairs
    from .questions import open_hub_questions
    from .reranking_lists import open_lists
    from .retrieval import open_retrieval

    if source.shape == "labels":
        return open_labels(source, card, split, workspace)
    if source.shape == "pairs":
        return open_pairs(source, card, split, workspace)
    if source.shape == "questions":
        return open_hub_questions(source, card, split, workspace)
    if source.shape == "aligned":
        return open_aligned(source, card, split, workspace)
    return (open_lists if "lists" in source.tables else open_retrieval)(source, card, split, workspace)


def _open_builtin(source: BuiltinSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The built-in collection with its own card, which says more, under the entry's name."""
    from ..catalogue import open_named

    found = open_named(source.name, split, workspace)
    return replace(found, card=replace(found.card, name=card.name))


def check_counts(card_counts: Mapping[str, int], found: Mapping[str, int], where: str) -> None:
    """Nothing, where everything that the card counts is as many as was found.

    Raises InputError that names each count that differs, with both numbers, and for a count of what there is not.
    """
    unknown = [what for what in card_counts if what not in found]
    if unknown:
        what = f"the card counts {unknown[0]!r}, which it has not"
        raise InputError(what, where=where, mend=f"count any of: {', '.join(found)}")
    differ = [f"{expected:,} {what} and not {found[what]:,}" for what, expected in card_counts.items() if found[what] != expected]
    if differ:
        raise InputError(
            f"its card says {', '.join(differ)}",
            where=where,
            mend="the data changed, or is not what the card was written for: pin the revision that the card means, "
            "or mend the card and raise the task's version",
        )
