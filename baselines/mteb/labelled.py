"""mteb's pair classification, STS, classification and clustering: their data as medir's nouns, their recipes as tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from corpora import Card
from corpora.labelled import LabelledTexts, Labels, TextPairs
from corpora.registry import suggest
from corpora.workspace import Workspace
from tasks.embedding import classification, clustering, pairs, sts
from tasks.embedding.classification import Classification
from tasks.embedding.clustering import BATCH, DRAWN, Clustering
from tasks.embedding.make import chosen, pair_task, sts_task
from tasks.embedding.scikit import classifier
from tasks.embedding.task import EmbeddingTask

from .library import mteb_library
from .loading import Part, loaded_part, named_task

BASES = {
    "PairClassification": ("AbsTaskPairClassification",),
    "STS": ("AbsTaskSTS",),
    "Classification": ("AbsTaskClassification",),
    "Clustering": ("AbsTaskClustering", "AbsTaskClusteringLegacy"),
}
LOADING = ("load_data", "dataset_transform")
UNLABELLED = -1


def embedding_task(name: str, split: str, subset: str, workspace: Workspace, measures: Sequence[str] = ()) -> EmbeddingTask:
    """The embedding task behind `mteb:NAME`, with the number of experiments, samples and draws that the mteb task says.

    Raises UsageError for a task of another type, of a recipe or a main score that medir has not, and for an unknown measure.
    """
    task, inner = named_task(name)
    return embedding_task_of(task, split, subset or inner, workspace, measures)


def embedding_task_of(task: Any, split: str, subset: str, workspace: Workspace, measures: Sequence[str] = ()) -> EmbeddingTask:
    """As `embedding_task`, of a task object of mteb."""
    _check_scoring(Part(task, split, subset))
    makers = {"PairClassification": _pairs, "STS": _similarity, "Classification": _classes, "Clustering": _clusters}
    return makers[task.metadata.type](loaded_part(task, split, subset, workspace), measures)


def _check_scoring(part: Part) -> None:
    """Raise UsageError for a task that is not scored as its type is."""
    task, kind = part.task, part.task.metadata.type
    if kind not in BASES:
        raise part.refuse(f"its type is {kind}, which measures no encoder in medir")
    bases = [getattr(mteb_library("abstasks"), name) for name in BASES[kind]]
    lineage = type(task).__mro__
    if not set(bases) & set(lineage):
        raise part.refuse(f"its type is {kind}, but it is not scored as that type is")
    own = lineage[: min(lineage.index(base) for base in bases if base in lineage)]
    names = {name for one in own for name, value in vars(one).items() if callable(value) and not name.startswith("__")}
    if changed := sorted(name for name in names - {*LOADING} if any(hasattr(base, name) for base in bases)):
        raise part.refuse(f"it scores in its own way (by its own {', '.join(changed)})")


def text_pairs(part: Part) -> TextPairs:
    """The pairs of a split, of pair classification or of STS; their ids are their numbers."""
    task, data = part.task, part.data()
    if task.metadata.type == "STS":
        columns = [*task.column_names, "score"]
    else:
        columns = [task.input1_column_name, task.input2_column_name, task.label_column_name]
    if task.input1_prompt_type or task.input2_prompt_type:
        raise part.refuse("its sides are prompted as queries and documents, which medir does not do for pairs")
    left, right, values = (list(data[column]) for column in columns)
    if len(left) == 1 and isinstance(left[0], list):  # the older form: all pairs in one row
        left, right, values = left[0], right[0], values[0]
    card = part.card(task.metadata.main_score)
    return TextPairs(card, part.split, _numbers(left), tuple(left), tuple(right), np.array(values, np.float64))


def labelled_texts(part: Part) -> LabelledTexts:
    """The texts of a split, and of the one that is learnt from; under mteb's names, their ids being their numbers."""
    task = part.task
    if task.metadata.type == "Clustering":
        return LabelledTexts(part.card(task.metadata.main_score), {part.split: _labels(part, part.split)})
    if task.is_cross_validation:
        raise part.refuse("it is cross-validated, which medir does not do")
    names = dict.fromkeys([task.train_split, part.split])
    return LabelledTexts(part.card(task.metadata.main_score), {name: _labels(part, name) for name in names})


def _labels(part: Part, split: str) -> Labels:
    task, data = part.task, part.data(split)
    texts, labels = list(data[task.input_column_name]), list(data[task.label_column_name])
    if isinstance(task, mteb_library("abstasks").AbsTaskClusteringLegacy):
        sets = [str(number) for number, one in enumerate(texts) for _ in one]
        texts, labels = [text for one in texts for text in one], [label for one in labels for label in one]
        return Labels(_numbers(texts), tuple(texts), tuple(map(str, labels)), tuple(sets))
    labels = [label[0] if isinstance(label, list) and len(label) == 1 else label for label in labels]
    if task.metadata.type == "Clustering" and UNLABELLED in labels:
        raise part.refuse(f"it has texts of the label {UNLABELLED}, which mteb leaves out after drawing and medir does not")
    if any(isinstance(label, list) for label in labels):
        raise part.refuse("its labels have several levels, which medir does not score")
    return Labels(_numbers(texts), tuple(texts), tuple(map(str, labels)))


def _numbers(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(str, range(len(texts))))


def _pairs(part: Part, measures: Sequence[str]) -> EmbeddingTask:
    return pair_task(text_pairs(part), _measures(part, pairs, measures))


def _similarity(part: Part, measures: Sequence[str]) -> EmbeddingTask:
    return sts_task(text_pairs(part), _measures(part, sts, measures))


def _classes(part: Part, measures: Sequence[str]) -> EmbeddingTask:
    task, data = part.task, labelled_texts(part)
    model, ours = task.evaluator_model, classifier(task.seed)
    if type(model) is not type(ours) or _parameters(model) != _parameters(ours):
        raise part.refuse(f"it learns by {model}, which medir does not do")
    learnt, asked = data.splits[task.train_split], data.splits[part.split]
    recipe = Classification(learnt, asked, task.n_experiments, task.samples_per_label, task.seed, where=part.where)
    return EmbeddingTask(data.card, part.split, _measures(part, classification, measures), recipe)


def _parameters(model: Any) -> dict[str, Any]:
    """What a classifier is set to; its random state is the task's seed."""
    return {name: value for name, value in model.get_params().items() if name != "random_state"}


def _clusters(part: Part, measures: Sequence[str]) -> EmbeddingTask:
    task, data = part.task, labelled_texts(part)
    labels = data.splits[part.split]
    names = _measures(part, clustering, measures)
    if labels.sets:  # mteb clusters these by seed 42, whatever the task's
        return EmbeddingTask(data.card, part.split, names, Clustering(labels, "sets", where=part.where))
    if (task.max_documents_per_cluster, task.k_mean_batch_size) != (DRAWN, BATCH):
        raise part.refuse(f"it clusters {task.max_documents_per_cluster} texts in batches of {task.k_mean_batch_size}")
    fraction, most = task.max_fraction_of_documents_to_embed, task.max_document_to_embed
    recipe = Clustering(labels, "fast", fraction, most, task.n_clusters, task.seed, where=part.where)
    return EmbeddingTask(data.card, part.split, names, recipe)


def _measures(part: Part, module: Any, asked: Sequence[str]) -> tuple[str, ...]:
    """The measures asked for, else the task's main one before the type's.

    mteb's `similarity_...`, and `spearman` alone, go by the similarity that a model says it was made for, which medir does not
    ask: a task that is measured by one is refused, as is one whose main score the type has not.
    """
    main = part.task.metadata.main_score
    if main not in module.MEASURES:
        raise part.refuse(f"its main score is {main}, which medir has not for this type")
    if strange := [name for name in asked if name not in module.MEASURES]:
        raise part.refuse(f"unknown measure {strange[0]!r} for this type; {suggest(strange[0], list(module.MEASURES))}")
    return chosen(module, Card(part.where, main=main), asked)
