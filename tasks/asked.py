"""Tasks as they are asked for, whatever their type, and the systems that are put to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from corpora import Collection, Registry, UsageError
from corpora.labelled import LabelledTexts, TextPairs
from corpora.workspace import Workspace
from retrieval.prompts import TaskPrompts, with_prompts
from retrieval.system import System
from retrieval.systems import make_system

from .catalogue.entries import Entry, open_entry
from .embedding import EmbeddingTask, make_embedding_task, make_encoder_system
from .embedding.vectors import EncoderSystem
from .evaluate import evaluate
from .result import Result
from .retrieval_task import RetrievalTask, make_task

TASKS: Registry[Callable[..., Asked]] = Registry("task")
"""Tasks behind a prefix (`mteb:NAME`): `(split, subset, workspace, measures, k) -> Asked`."""

Loaded: TypeAlias = Collection | LabelledTexts | TextPairs
DENSE = "dense:"


@dataclass(frozen=True)
class Asked:
    """A task, and what it tells models."""

    task: RetrievalTask | EmbeddingTask
    prompts: TaskPrompts = field(default_factory=TaskPrompts)

    @property
    def embeds(self) -> bool:
        """Whether it takes encoders only."""
        return isinstance(self.task, EmbeddingTask)

    def takes(self, spec: str) -> bool:
        """Whether a SPEC can be put to it: an embedding task needs `dense:ENCODER`."""
        return not self.embeds or spec.startswith(DENSE)

    def system(self, spec: str) -> System | EncoderSystem:
        """The system that a SPEC names here. Raises UsageError for one that the task does not take."""
        if not self.takes(spec):
            raise UsageError(f"{self.task.name} embeds texts, and {spec} ranks documents", mend="give it a model: dense:ENCODER")
        if self.embeds:
            return make_encoder_system(spec.removeprefix(DENSE))
        return with_prompts(make_system(spec), self.prompts)

    def evaluate(self, spec: str, workspace: Workspace, *, force: bool = False) -> Result:
        """The result of a SPEC, kept or computed."""
        task: Any = self.task  # of one type with its system, which the checker cannot see
        return evaluate(task, self.system(spec), workspace, force=force)


def ask(loaded: Loaded, kind: str = "", split: str | None = None, measures: Sequence[str] = (), k: int = 1000) -> Asked:
    """The task of some data; `kind` says which where it is labels or pairs. Raises as the makers of tasks do."""
    if isinstance(loaded, Collection):
        return Asked(make_task(loaded, measures, k))
    return Asked(make_embedding_task(kind, loaded, split, measures))


def ask_entry(
    entry: Entry,
    split: str | None,
    subset: str | None,
    workspace: Workspace,
    *,
    measures: Sequence[str] = (),
    k: int | None = None,
) -> Asked:
    """A task of the catalogue, its data opened, with its prompts. Without `k`, the entry's own depth."""
    loaded = open_entry(entry, split, subset, workspace)
    asked = ask(loaded, entry.type, entry.split(split), measures, k or entry.k)
    return Asked(asked.task, TaskPrompts(entry.prompts, entry.prompts_for))
