"""The pictures that a retriever could not decode, by name, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from corpora import Queries

from .system import Retriever


def faults_of(retriever: Retriever, queries: Queries) -> tuple[str, ...]:
    """Those of its documents and of these queries, each once: its own, or those of the retrievers inside it."""
    own = getattr(retriever, "faults_of", None)
    if own is not None:
        return tuple(own(queries))
    return tuple(dict.fromkeys(fault for inner in _inside(retriever) for fault in faults_of(inner, queries)))


def _inside(retriever: Any) -> Iterator[Retriever]:
    """The retrievers that a composite holds in its fields, alone or in tuples."""
    if not is_dataclass(retriever):
        return
    for one in fields(retriever):
        held = getattr(retriever, one.name)
        yield from (part for part in (held if isinstance(held, tuple) else (held,)) if hasattr(part, "retrieve"))
