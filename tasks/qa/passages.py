"""Where the passages that a model answers from come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from corpora.images import ImageRef
from corpora.questions import Questions
from corpora.workspace import Workspace
from retrieval import Run
from retrieval.cost import Bill


@dataclass(frozen=True)
class Passage:
    """A passage that a model may be shown: the id of its document (empty where it is none of a corpus), title, text, pictures."""

    id: str
    title: str
    text: str
    images: tuple[ImageRef, ...] = ()


@dataclass(frozen=True)
class Found:
    """The passages of each question, best first (empty where there are none), and the run that they were taken from (None
    where nothing was retrieved); `run.queries` are the questions' ids. `echo`: what the retriever's models were fed first.
    """

    passages: tuple[tuple[Passage, ...], ...]
    run: Run | None = None
    notes: Mapping[str, int] = field(default_factory=dict)
    bill: Bill = field(default_factory=dict)
    echo: Mapping[str, Any] = field(default_factory=dict)


class Context(Protocol):
    """A source of passages. `spec`: its canonical name in results (`none`, `gold`, `random`, `run:NAME`, or a SPEC)."""

    @property
    def spec(self) -> str:
        """Its canonical name."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """Everything besides the questions that decides what is found, as JSON: systems, corpus, queries, seed."""
        ...

    def find(self, questions: Questions, k: int, workspace: Workspace) -> Found:
        """At most k passages for each question; answers that a source makes itself (follow-ups) stand before them, beyond k."""
        ...
