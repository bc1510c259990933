"""A user's folder as the data of a task: documents and queries, labels, pairs, or pictures with captions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from corpora.caption_tasks import RANKED_TYPES
from corpora.catalogue import open_folder
from corpora.workspace import Workspace
from tasks.asked import Loaded
from tasks.captioned import LABELLED_TYPES, check_type

RETRIEVAL = "retrieval"
PICTURED = (*RANKED_TYPES, "zero-shot")
"""Types that are made of captions alone; classification and clustering are made of a labels file, where there is one."""


def open_data(folder: Path, kind: str, split: str | None, place: Workspace, *, allow_dangling: bool = False) -> Loaded:
    """What a type needs of a folder; an empty `kind` is retrieval. What is made of captions has the type in its name.

    Raises UsageError, with the types there are, for a retrieval over captions without a corpus; else what the readers raise.
    """
    from corpora.caption_folder import has_captions, open_captions
    from corpora.labelled_folder import holds_only_pairs

    from .commands.labelled_folder import open_labelled_folder

    if kind in PICTURED or (kind in LABELLED_TYPES and not _has_labels(folder) and has_captions(folder)):
        found = open_captions(folder, split, place)
        return replace(found, card=replace(found.card, name=f"{found.name}/{kind}"))
    if kind not in ("", RETRIEVAL):
        return open_labelled_folder(kind, folder, split)
    if has_captions(folder) and not holds_only_pairs(folder):
        check_type(kind, str(folder))
    return open_folder(folder, split, place, allow_dangling=allow_dangling)


def _has_labels(folder: Path) -> bool:
    return folder.is_dir() and any(path.name.startswith("labels.") for path in folder.iterdir())
