"""The two nouns that everything which ranks is made of: a System, and the Retriever it becomes on one corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from corpora import Corpus, Queries, TextRule
from corpora.workspace import Workspace
from indexes import Candidates

from .run import Run


class Retriever(Protocol):
    """Bound to one corpus. Pure and thread-safe."""

    def retrieve(self, queries: Queries, k: int, candidates: Candidates | None = None) -> Run:
        """One ranking per query, at most k deep. Counts of what went wrong are in `Run.notes`."""
        ...


class System(Protocol):
    """What a SPEC parses to."""

    @property
    def spec(self) -> str:
        """The canonical SPEC."""
        ...

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """Everything besides the corpus that can move a score, as JSON; computed without torch, faiss or numba."""
        ...

    def bind(self, corpus: Corpus, workspace: Workspace, *, rule: TextRule = "joined", language: str = "unknown") -> Retriever:
        """The retriever over `corpus`: its index is opened if it is kept, else built (resumably) and kept."""
        ...
