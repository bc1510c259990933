"""`medir index`."""

from __future__ import annotations

import time
from pathlib import Path

from corpora import UsageError
from corpora.workspace import Workspace
from tasks.asked import Asked
from tasks.embedding.vectors import EncoderSystem
from tasks.retrieval_task import RetrievalTask

from .asked import Flags, asked_for, specs_of
from .options import workspace


def index(
    *,
    retriever: list[str],
    task: list[str] | None = None,
    data: Path | None = None,
    split: str | None = None,
    offline: bool = False,
    language: str | None = None,
    text_rule: str | None = None,
) -> None:
    """Build and keep the index that run would use.

    Parameters
    ----------
    retriever
        A SPEC, once per system.
    task
        A task by name (see medir tasks); may be given several times.
    data
        A folder with corpus, queries and qrels; only the corpus is indexed.
    split
        The judgements to open the folder with.
    offline
        Open no connection.
    language
        The language of the data (en, zh...), which chooses the analyser.
    text_rule
        How title and text become one: joined, text or pair.
    """
    if bool(task) == bool(data):
        raise UsageError("give either --task or --data", mend="for example: --task hpo-lay, or --data my/folder")
    place, specs = workspace(offline), specs_of(retriever, None)
    changes = (("language", language), ("text_rule", text_rule))
    flags = Flags(tuple(task or ()), data=data, split=split, allow_dangling=bool(data), changes=changes)
    lines = []
    for asked in asked_for(flags, place)[0]:
        for spec in specs:
            began = time.perf_counter()
            documents = bind(asked, spec, place)
            lines.append(f"{asked.task.name}: {documents:,} documents ready for {spec} in {time.perf_counter() - began:.1f} s")
    print("\n".join([*lines, f"kept under {place.root}"]))


def bind(asked: Asked, spec: str, place: Workspace) -> int:
    """Build what a SPEC keeps of a task's documents, as run feeds it, and say how many they are."""
    if not isinstance(asked.task, RetrievalTask):
        raise UsageError(f"{asked.task.name} holds no documents to index", mend="score an encoder on it: medir run --task NAME")
    of, system = asked.task.collection, asked.system(spec)
    assert not isinstance(system, EncoderSystem)
    system.bind(of.corpus, place, rule=of.card.text_rule, language=of.card.language)
    return len(of.corpus)
