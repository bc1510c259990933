"""From a task and a system to a Result: the page to read first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from corpora import Card, Collection, ImageRef
from corpora.corpus import ROWS_A_BATCH
from corpora.state import digest_json
from corpora.workspace import Workspace
from retrieval.fusion import tuned_on
from retrieval.training.trained_on import shared_pictures, shared_queries

from .costs import FAILED
from .provenance import describe_machine
from .result import Result
from .result_folder import read_result, write_result
from .task import Asked, Task

LIBRARIES = (
    "medir",
    "numpy",
    "faiss-cpu",
    "numba",
    "pyarrow",
    "pytrec-eval-terrier",
    "torch",
    "sentence-transformers",
    "tokenizers",
    "transformers",
)


def evaluate(task: Task[Asked], system: Asked, workspace: Workspace, *, force: bool = False) -> Result:
    """The result of `system` on `task`: the kept one if nothing that it depends on has changed, else computed and kept.

    A retrieval task asks a System, an embedding task an EncoderSystem. The note `trained_on_this` says that the system is known
    to have been trained on the task's data, `trained_on_queries` how many of its queries a model that `medir train` made has
    seen, and `trained_on_pictures` how many of its pictures; what is known now is part of what a kept result depends on. The note
    `tuned_on_this` says that its weights were chosen on this very split. A kept result that lacks generated texts is computed
    again: what was generated is kept, so that only the failed ones are asked for once more.
    """
    versions = library_versions(task.libraries)
    identity = {**task.identity, "spec": system.spec, "system": system.identity(task.language), "versions": versions}
    seen = _seen(task, system)
    identity |= seen
    folder = workspace.folder("results", slug(task.name), f"{slug(system.spec)}-{digest_json(identity)[:16]}")
    if folder.exists() and not force:
        kept = read_result(_newest(folder))
        if not kept.notes.get(FAILED):
            return kept
    found = task.evaluate(system, workspace)
    notes = dict(sorted({**found.result.notes, **seen, **_tuned(task, system)}.items()))
    result = replace(found.result, notes=notes, identity=identity, versions=versions)
    calls = {"calls": result.calls} if result.cost else {}
    config = {**task.config, "system": system.spec}
    write_result(_fresh(folder), result, found.run, config, describe_machine(found.seconds) | calls, found.files)
    return replace(read_result(_newest(folder)), calls=result.calls)


def _seen(task: Any, system: Any) -> dict[str, int]:
    """Notes on what a system is known to have been trained on: this data, or queries and pictures of it."""
    notes = {"trained_on_this": int(_card(task).seen_by(system.spec))}
    if hasattr(task, "collection"):
        of = task.collection
        notes["trained_on_queries"] = shared_queries(system.spec, of.corpus.fingerprint, of.queries.ids)
        notes["trained_on_pictures"] = shared_pictures(system.spec, _pictures(of))
    elif hasattr(task, "recipe"):
        notes["trained_on_pictures"] = shared_pictures(f"dense:{system.spec}", task.recipe.items().images)
    return {name: count for name, count in notes.items() if count}


def _pictures(of: Collection) -> Iterator[ImageRef]:
    """Every picture of a collection's documents and queries."""
    for start in range(0, len(of.corpus) if of.corpus.pictured else 0, ROWS_A_BATCH):
        for images in of.corpus.images(np.arange(start, min(start + ROWS_A_BATCH, len(of.corpus)))):
            yield from images
    yield from (image for row in range(len(of.queries)) for image in of.queries.images(row))


def library_versions(more: Sequence[str] = ()) -> dict[str, str]:
    """The installed versions of all that can move a score, and of `more`, without importing any of it."""
    found = {}
    for name in (*LIBRARIES, *more):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _card(task: Any) -> Card:
    """The card of a task's data: an embedding task's own, or that of the collection that is searched."""
    card: Card = task.card if hasattr(task, "card") else task.collection.card
    return card


def _tuned(task: Task[Asked], system: Asked) -> dict[str, int]:
    """The note of a system whose weights were tuned on the split that the task asks."""
    here = f"{task.identity.get('task')}/{task.identity.get('split')}"
    return {"tuned_on_this": 1} if here in tuned_on(system.spec) else {}


def slug(name: str) -> str:
    """A name as part of a path: letters, digits, dot, plus and minus, at most 60 characters."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:60] or "unnamed"


def _fresh(folder: Path) -> Path:
    """Results are append-only: the folder itself, or the next free `-2`, `-3`... beside it."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def _newest(folder: Path) -> Path:
    number, newest = 2, folder
    while (behind := folder.with_name(f"{folder.name}-{number}")).exists():
        number, newest = number + 1, behind
    return newest
