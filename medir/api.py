"""The four calls that most programs need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpora import Collection, UsageError
from corpora.catalogue import COLLECTIONS, open_folder, open_named
from corpora.workspace import Workspace
from retrieval.system import System
from retrieval.systems import make_system
from tasks.catalogue.entries import entry, open_entry
from tasks.comparison import Comparison, against_first
from tasks.evaluate import evaluate as evaluate_task
from tasks.result import Result
from tasks.retrieval_task import make_task


def open_collection(
    name: str | Path, split: str | None = None, workspace: Workspace | None = None, *, allow_dangling: bool = False
) -> Collection:
    """A collection by its name, built in or in the catalogue, or the one in a folder.

    Raises UsageError for an unknown name or split, InputError for data that cannot be read as it stands.
    """
    workspace = workspace or Workspace()
    if str(name) in COLLECTIONS:
        return open_named(str(name), split, workspace)
    if not (isinstance(name, Path) or Path(name).exists()):
        found = open_entry(entry(name), split, None, workspace)
        if not isinstance(found, Collection):
            raise UsageError(f"{name} holds no queries over documents", mend="score an encoder on it: medir run --task NAME")
        return found
    return open_folder(Path(name), split, workspace, allow_dangling=allow_dangling)


def evaluate(
    collection: Collection | str | Path,
    system: System | str,
    *,
    measures: Sequence[str] = (),
    k: int = 1000,
    workspace: Workspace | None = None,
    force: bool = False,
) -> Result:
    """The result of a system (or SPEC) on a collection; a kept one is returned if nothing has changed."""
    workspace = workspace or Workspace()
    if not isinstance(collection, Collection):
        collection = open_collection(collection, workspace=workspace)
    bound = make_system(system) if isinstance(system, str) else system
    return evaluate_task(make_task(collection, measures, k), bound, workspace, force=force)


def compare(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against the first: paired sign flips, Holm over all comparisons."""
    return against_first(results, measures)
