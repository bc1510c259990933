"""Data that the user brings: a folder under `MEDIR_DATA`, with the recipe for it where it is not there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..collection import Card, Collection
from ..errors import InputError
from ..folder import open_folder_collection
from ..queries import Qrels
from ..workspace import Workspace
from .tables import FilesSource

DATA = "MEDIR_DATA"


def open_files(source: FilesSource, card: Card, split: str, workspace: Workspace) -> Collection:
    """The collection in the user's folder (see `open_folder_collection`), under the entry's card.

    Of the layout `fields` it is the collection of one of its folders (see `corpora.sources.fields`).

    Raises InputError, with the recipe, where there is no such folder; as `open_folder_collection` for what is in it.
    """
    folder = user_folder(source.folder or card.name, source.recipe)
    if source.layout == "fields":
        from .fields import open_field

        return open_field(folder, source, card, split, workspace)
    found = open_folder_collection(folder, split, workspace)
    language = found.card.language if card.language == "unknown" else card.language
    card = replace(card, roll_up=found.card.roll_up, language=language)
    ignored = {name: frozenset({name}) for name in found.queries.ids} if card.drop_same_id else {}
    return replace(found, card=card, qrels=Qrels(found.qrels.grades, ignored))


def user_folder(name: str, recipe: str) -> Path:
    """The folder of this name under `MEDIR_DATA`, or the folder itself where `name` is a path from the root or from `~`.

    Raises InputError, with the recipe, where it is not there.
    """
    path = Path(name).expanduser()
    root = os.environ.get(DATA)
    if not path.is_absolute():
        if not root:
            what = f"its data must be brought, and {DATA} is not set"
            raise InputError(what, where=name, mend=_mend(Path(f"${DATA}", name), recipe))
        path = Path(root).expanduser() / path
    if not path.is_dir():
        raise InputError("its data must be brought: there is no such folder", where=str(path), mend=_mend(path, recipe))
    return path


def user_file(folder: Path, name: str, recipe: str) -> Path:
    """A file or folder in the user's folder. Raises InputError, with the recipe, where it is not there."""
    path = folder / name
    if not path.exists():
        raise InputError("there is no such file", where=str(path), mend=_mend(folder, recipe))
    return path


def _mend(folder: Path, recipe: str) -> str:
    return f"put it into {folder} ({DATA} names the folder above): {recipe.strip()}"
