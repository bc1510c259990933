"""Collections by name or by folder: the one way to open either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .builtin import BUILTINS
from .collection import Card, Collection
from .corpus import Corpus
from .errors import InputError
from .registry import Registry
from .workspace import Workspace

Loader = Callable[[str, Workspace], Collection]
"""`(split, workspace) -> Collection`; an unknown split raises UsageError with those there are."""

COLLECTIONS: Registry[Loader] = Registry("collection", BUILTINS)


def open_named(name: str, split: str | None, workspace: Workspace) -> Collection:
    """A collection by its name, split `test` by default; behind a prefix (`mteb:NAME`), its own default, asked for as "".

    Raises UsageError (with suggestions) for an unknown name.
    """
    default = "" if COLLECTIONS.is_prefixed(name) else "test"
    return COLLECTIONS.get(name)(split or default, workspace)


def open_folder(folder: Path, split: str | None, workspace: Workspace, *, allow_dangling: bool = False) -> Collection:
    """A collection in a folder of three files, or made of its pairs where it has no corpus (see `aligned_collection`)."""
    from .folder import open_folder_collection
    from .labelled_folder import holds_only_pairs, read_pairs

    if holds_only_pairs(folder):
        from .builders import aligned_collection

        return aligned_collection(read_pairs(folder, split, valued=False))
    return open_folder_collection(folder, split, workspace, allow_dangling=allow_dangling)


def open_corpus_of(name: str, workspace: Workspace) -> tuple[Corpus, Card]:
    """The documents alone, of a folder (which needs no queries, and may hold captioned pictures in place of a corpus) or of a
    built-in collection, and their card.
    """
    if Path(name).is_dir():
        from .caption_corpus import open_caption_corpus
        from .caption_folder import has_captions
        from .folder import open_folder_corpus

        if has_captions(Path(name)):
            return open_caption_corpus(Path(name), workspace)
        corpus, card, _ = open_folder_corpus(Path(name), workspace)
        return corpus, card
    if name not in COLLECTIONS and ("/" in name or Path(name).exists()):
        raise InputError("no such folder", where=name, mend="give a folder that holds a corpus file, or a built-in name")
    found = open_named(name, None, workspace)
    return found.corpus, found.card
