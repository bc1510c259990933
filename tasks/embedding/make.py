"""From data to embedding tasks: which split, which part is learnt from, which measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from corpora import Card, UsageError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.labelled_folder import choose_split
from corpora.registry import suggest

from . import classification, clustering, pairs, sts, zero_shot
from .cut import stratified
from .items import noun
from .task import EmbeddingTask

TRAIN = "train"


def classification_task(
    data: LabelledTexts, split: str | None = None, measures: Sequence[str] = (), *, train: str = TRAIN
) -> EmbeddingTask:
    """Classification of one split, learnt from the split `train`; where there is none, the split is cut in two.

    Cut: of each label, 70 % are learnt from and 30 % predicted (`stratified`). Raises UsageError for an unknown split or
    measure, InputError where a label that must be cut has one example.
    """
    split = _measured(data, split, train)
    notes = {}
    if train in data.splits and split != train:
        learnt, asked = data.splits[train], data.splits[split]
    else:
        learnt, asked = stratified(data.splits[split], data.name)
        notes[f"{noun(learnt)}_cut_off_to_learn_from"] = len(learnt)
    recipe = classification.Classification(learnt, asked, counted=notes, where=data.name)
    return EmbeddingTask(data.card, split, chosen(classification, data.card, measures), recipe, notes=data.notes)


def clustering_task(data: LabelledTexts, split: str | None = None, measures: Sequence[str] = (), **options: Any) -> EmbeddingTask:
    """Clustering of one split; `options` are those of `Clustering` (`form`, `fraction`, `most`...).

    Without them all texts are embedded: mteb's default of 4 % is meant for sets of tens of thousands. Raises UsageError
    for an unknown split or measure.
    """
    split = choose_split(sorted(data.splits), split, Path(data.name))
    recipe = clustering.Clustering(data.splits[split], where=data.name, **options)
    return EmbeddingTask(data.card, split, chosen(clustering, data.card, measures), recipe, notes=data.notes)


def pair_task(data: TextPairs, measures: Sequence[str] = ()) -> EmbeddingTask:
    """Pair classification. Raises UsageError for an unknown measure, InputError for values other than 0 and 1."""
    recipe = pairs.PairClassification(data)
    return EmbeddingTask(data.card, data.split, chosen(pairs, data.card, measures), recipe, notes=data.notes)


def sts_task(data: TextPairs, measures: Sequence[str] = ()) -> EmbeddingTask:
    """Semantic similarity. Raises UsageError for an unknown measure, InputError where all scores are equal."""
    return EmbeddingTask(data.card, data.split, chosen(sts, data.card, measures), sts.Similarity(data), notes=data.notes)


def zero_shot_task(data: LabelledTexts, split: str | None = None, measures: Sequence[str] = (), **options: Any) -> EmbeddingTask:
    """Zero-shot classification of the pictures of one split; `options` are those of `ZeroShot` (`templates`, `names`).

    Raises UsageError for an unknown split, measure, label or template, InputError for data without pictures.
    """
    split = choose_split(sorted(data.splits), split, Path(data.name))
    recipe = zero_shot.ZeroShot(data.splits[split], where=data.name, **options)
    return EmbeddingTask(data.card, split, chosen(zero_shot, data.card, measures), recipe, notes=data.notes)


OF_LABELS: dict[str, Callable[..., EmbeddingTask]] = {
    "classification": classification_task,
    "clustering": clustering_task,
    "zero-shot": zero_shot_task,
}
OF_PAIRS: dict[str, Callable[..., EmbeddingTask]] = {"pair": pair_task, "sts": sts_task}
EMBEDDING_TYPES = (*OF_LABELS, *OF_PAIRS)


def make_embedding_task(
    kind: str, data: LabelledTexts | TextPairs, split: str | None = None, measures: Sequence[str] = (), **options: Any
) -> EmbeddingTask:
    """The task of a type over its data; `options` are those of the type, where it is one of labels.

    Raises UsageError for an unknown type, and for data of another one.
    """
    if isinstance(data, LabelledTexts) and kind in OF_LABELS:
        return OF_LABELS[kind](data, split, measures, **options)
    if isinstance(data, TextPairs) and kind in OF_PAIRS:
        return OF_PAIRS[kind](data, measures)
    if kind in EMBEDDING_TYPES:
        raise UsageError(
            f"{data.name} is not data for {kind}", mend=f"{', '.join(OF_LABELS)}: labels; {', '.join(OF_PAIRS)}: pairs"
        )
    raise UsageError(f"unknown type {kind!r}", mend=suggest(kind, list(EMBEDDING_TYPES)))


def _measured(data: LabelledTexts, wanted: str | None, train: str) -> str:
    """The split to predict; where none is asked for, not the one to learn from, unless it is the only one."""
    splits = sorted(data.splits)
    others = [split for split in splits if split != train]
    return choose_split(splits if wanted or not others else others, wanted, Path(data.name))


def chosen(module: Any, card: Card, wanted: Sequence[str]) -> tuple[str, ...]:
    """The measures asked for; else the card's main one, if it is one of the type's, before the type's own.

    `module` is a type's (`classification`...), with its MEASURES and DEFAULT. Raises UsageError for an unknown measure.
    """
    for name in wanted:
        if name not in module.MEASURES:
            what = f"unknown measure {name!r} for this type"
            raise UsageError(what, where=card.name, mend=suggest(name, list(module.MEASURES)))
    main = [card.main] if card.main in module.MEASURES else []
    return tuple(dict.fromkeys(wanted or [*main, *module.DEFAULT]))
