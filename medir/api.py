"""The calls that most programs need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from corpora import Collection, UsageError
from corpora.captions import CaptionedImages
from corpora.catalogue import open_folder
from corpora.labelled import LabelledTexts, TextPairs
from corpora.workspace import Workspace
from retrieval.system import System
from tasks.asked import Asked, ask, ask_named, is_named
from tasks.comparison import Comparison, against_first
from tasks.result import Result
from tasks.retrieval_task import RetrievalTask

from .folder_data import RETRIEVAL, open_data

DEPTH = 1000
Data: TypeAlias = Collection | LabelledTexts | TextPairs | CaptionedImages
"""What can be scored as it stands."""


def open_collection(
    name: str | Path, split: str | None = None, workspace: Workspace | None = None, *, allow_dangling: bool = False
) -> Collection:
    """A collection by its name, built in or in the catalogue, or the one in a folder; a name comes before a folder.

    Raises UsageError for an unknown name or split, InputError for data that cannot be read as it stands.
    """
    workspace = workspace or Workspace()
    if is_folder(name):
        return open_folder(Path(name), split, workspace, allow_dangling=allow_dangling)
    found = ask_named(str(name), split, None, workspace).task
    if not isinstance(found, RetrievalTask):
        raise UsageError(f"{name} holds no queries over documents", mend="score an encoder on it: medir run --task NAME")
    return found.collection


def evaluate(
    collection: Data | str | Path,
    system: System | str,
    *,
    type: str = "",
    measures: Sequence[str] = (),
    k: int | None = None,
    options: Mapping[str, Any] | None = None,
    workspace: Workspace | None = None,
    force: bool = False,
) -> Result:
    """The result of a system (or SPEC) on a collection; a kept one is returned if nothing has changed.

    A name is run as `medir run --task` runs it, with the prompts of the task, and its depth where no `k` is given (1000
    for all else). A Collection or a folder feeds models no prompts but those of the SPEC.

    `type` says what is made of a folder, or of labels, pairs or pictures with captions, as `medir run --type` does (`sts`,
    `text-to-image`, `zero-shot`...), and `options` how: `label`, `pairs`, `seed` of captions, `templates` and `names` of a
    zero-shot classification. Raises UsageError for a type that the data does not fit, and for a name, whose type is known.
    """
    workspace = workspace or Workspace()
    return _asked(collection, type, measures, k, options or {}, workspace).evaluate(system, workspace, force=force)


def compare(results: Sequence[Result], measures: Sequence[str] = ()) -> list[Comparison]:
    """Every result against the first: paired sign flips (right and wrong answers: exact McNemar), Holm over all comparisons."""
    return against_first(results, measures)


def _asked(
    data: Data | str | Path, kind: str, measures: Sequence[str], k: int | None, options: Mapping[str, Any], workspace: Workspace
) -> Asked:
    if isinstance(data, str) and not is_folder(data):
        if kind or options:
            raise UsageError(f"{data} has a type already", mend="leave out type and options")
        return ask_named(data, None, None, workspace, measures=measures, k=k)
    found = open_data(Path(data), kind, None, workspace) if isinstance(data, str | Path) else data
    if isinstance(found, Collection) and kind not in ("", RETRIEVAL):
        raise UsageError(f"{found.name} has documents and queries, and is no data for {kind}", mend="leave out type")
    return ask(found, kind, None, measures, DEPTH if k is None else k, options)


def is_folder(name: str | Path) -> bool:
    """Whether a folder is meant: any Path, and a string that is no task's name and is there."""
    return isinstance(name, Path) or (not is_named(name) and Path(name).exists())
