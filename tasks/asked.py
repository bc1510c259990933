"""Tasks as they are asked for, whatever their type, and the systems that are put to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from corpora import Collection, Registry, UsageError
from corpora.captions import CaptionedImages
from corpora.catalogue import COLLECTIONS, open_named
from corpora.labelled import LabelledTexts, TextPairs
from corpora.questions import Questions
from corpora.workspace import Workspace
from retrieval.prompts import TaskPrompts, with_prompts
from retrieval.system import System
from retrieval.systems import make_system

from .captioned import captioned, others
from .catalogue.entries import Entry, entries, entry, open_entry
from .catalogue.entry import CORPUS, QA
from .embedding import EmbeddingTask, make_embedding_task, make_encoder_system
from .embedding.vectors import EncoderSystem, check_reads
from .evaluate import evaluate
from .result import Result
from .retrieval_task import ASIDE, RetrievalTask, make_task

TASKS: Registry[Callable[..., Asked]] = Registry("task")
"""Tasks behind a prefix (`mteb:NAME`): `(split, subset, workspace, measures, k) -> Asked`."""

Loaded: TypeAlias = Collection | LabelledTexts | TextPairs | Questions | CaptionedImages
DENSE = "dense:"
_ELSEWHERE = {QA: "it asks questions: medir qa --task {} --llm GEN", CORPUS: "it is a corpus: medir qa --corpus {}"}
TAKES = {"clustering": ("form", "fraction", "most", "experiments", "seed"), "zero-shot": ("templates", "names")}
"""The options of each type that has any of its own."""
OFFLINE = "HF_HUB_OFFLINE"


@dataclass(frozen=True)
class Asked:
    """A task, and what it tells models.

    `notes` move no score: they are shown beside every result, also a kept one. `published`: whether it is what published
    scores under its name are about, a task of the catalogue on its default split. `reported`: whether scores are reported on
    its split, or on one that holds the same queries, so that nothing may be tuned on it.
    """

    task: RetrievalTask | EmbeddingTask
    prompts: TaskPrompts = field(default_factory=TaskPrompts)
    notes: Mapping[str, int] = field(default_factory=dict)
    published: bool = False
    reported: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Task, subset and split, as a result names them."""
        found = self.task.identity
        return found["task"], found["subset"], found["split"]

    @property
    def embeds(self) -> bool:
        """Whether it takes encoders only."""
        return isinstance(self.task, EmbeddingTask)

    @property
    def pictured(self) -> bool:
        """Whether pictures are embedded."""
        return isinstance(self.task, EmbeddingTask) and bool(self.task.recipe.items().images)

    def takes(self, spec: str) -> bool:
        """Whether a SPEC can be put to it: an embedding task needs `dense:ENCODER`."""
        return not self.embeds or spec.startswith(DENSE)

    def system(self, asked: System | str) -> System | EncoderSystem:
        """A system, or the one that a SPEC names, fed as the task says.

        Raises UsageError for one that it does not take, InputError for an encoder that does not read what the data is made of.
        """
        spec = asked if isinstance(asked, str) else asked.spec
        if not self.takes(spec):
            what = f"{self.task.name} embeds {'pictures' if self.pictured else 'texts'}, and {spec} ranks documents"
            raise UsageError(what, mend="give it a model: dense:ENCODER")
        if isinstance(self.task, EmbeddingTask):
            made = make_encoder_system(spec.removeprefix(DENSE))
            check_reads(made.encoder, self.task.recipe.items())
            return made
        return with_prompts(make_system(asked) if isinstance(asked, str) else asked, self.prompts)

    def evaluate(self, asked: System | str, workspace: Workspace, *, force: bool = False) -> Result:
        """The result of a system or SPEC, kept or computed."""
        task: Any = self.task  # of one type with its system, which the checker cannot see
        with network(workspace):
            found = evaluate(task, self.system(asked), workspace, force=force)
        return replace(found, notes={**found.notes, **self.notes})


@contextmanager
def network(workspace: Workspace) -> Iterator[None]:
    """While it lasts, models are not looked for on the hub where the workspace is offline: the environment says so."""
    before = os.environ.get(OFFLINE)
    if workspace.offline:
        os.environ[OFFLINE] = "1"
    try:
        yield
    finally:
        if workspace.offline and before is None:
            del os.environ[OFFLINE]
        elif workspace.offline and before is not None:
            os.environ[OFFLINE] = before


def ask(
    loaded: Loaded,
    kind: str = "",
    split: str | None = None,
    measures: Sequence[str] = (),
    k: int = 1000,
    options: Mapping[str, Any] | None = None,
) -> Asked:
    """The task of some data; `kind` says which where it is labels, pairs or captions.

    `options` are those of a clustering, of a zero-shot classification, or of what is made of captions (`captioned.Choices`).
    Raises UsageError for questions, which are answered and not ranked, for an option that nothing takes, and as the makers of
    tasks do.
    """
    if isinstance(loaded, Questions):
        raise UsageError(f"{loaded.name} asks questions", mend=f"use: medir qa --task {loaded.name} --llm GEN")
    if isinstance(loaded, CaptionedImages):
        return ask(captioned(loaded, kind, options or {}), kind, None, measures, k, others(options or {}))
    _check_options(options or {}, kind, loaded.name)
    aside = {name: count for name, count in loaded.notes.items() if name in ASIDE}
    if isinstance(loaded, Collection):
        return Asked(make_task(loaded, measures, k), notes=aside)
    loaded = replace(loaded, notes={name: count for name, count in loaded.notes.items() if name not in ASIDE})
    return Asked(make_embedding_task(kind, loaded, split, measures, **(options or {})), notes=aside)


def _check_options(options: Mapping[str, Any], kind: str, name: str) -> None:
    """Raise UsageError for an option that the type does not take, or not of data that is no captions."""
    takes = TAKES.get(kind, ())
    if unknown := next((option for option in options if option not in takes), None):
        mend = f"it takes: {', '.join(takes)}" if takes else "leave it out; label, pairs and seed are for captions"
        raise UsageError(f"{kind or 'retrieval'} takes no option {unknown!r} here", where=name, mend=mend)


def is_named(name: str) -> bool:
    """Whether a task can be opened by this name: the catalogue's, built in, registered, or behind a prefix."""
    return TASKS.is_prefixed(name) or name in entries() or name in COLLECTIONS


def ask_named(
    name: str, split: str | None, subset: str | None, workspace: Workspace, *, measures: Sequence[str] = (), k: int | None = None
) -> Asked:
    """The task of a name: the one way to open it, for every command and for Python. Raises UsageError for an unknown name."""
    if TASKS.is_prefixed(name):
        return TASKS.get(name)(split or "", subset or "", workspace, measures, k)
    if name in COLLECTIONS and name not in entries():
        if subset:
            raise UsageError(f"{name} has no subsets", mend="leave out --subset")
        return ask(open_named(name, split, workspace), measures=measures, k=1000 if k is None else k)
    return ask_entry(entry(name), split, subset, workspace, measures=measures, k=k)


def ask_entry(
    entry: Entry,
    split: str | None,
    subset: str | None,
    workspace: Workspace,
    *,
    measures: Sequence[str] = (),
    k: int | None = None,
) -> Asked:
    """A task of the catalogue, its data opened, with its prompts. Without `k`, the entry's own depth.

    Raises UsageError for one that asks questions, or nothing.
    """
    if entry.type in (QA, CORPUS):
        raise UsageError(f"{entry.name} is no task for a ranking", mend=_ELSEWHERE[entry.type].format(entry.name))
    loaded = open_entry(entry, split, subset, workspace)
    asked = ask(loaded, entry.type, entry.split(split), measures, entry.k if k is None else k, entry.options)
    default = entry.split(split) == entry.splits[0]
    told = TaskPrompts(entry.prompts, entry.prompts_for, entry.query_type)
    return replace(asked, prompts=told, published=default, reported=default or entry.splits[0] == "all")
