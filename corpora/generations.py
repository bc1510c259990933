"""Texts that language models wrote for queries earlier, and keep beside them: one file a generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError, UsageError
from .reading.formats import place, rows_of
from .reading.witness import Witness
from .registry import suggest
from .state import file_digest

FOLDER = "generations"
ENDINGS = (".jsonl", ".jsonl.gz")
_IDS, _TEXTS = ("query_id", "id", "_id"), ("hy_doc", "rewrite_query", "text")

Texts = Mapping[str, tuple[str, ...]]
"""The generated texts of each query id, in the order of the file."""


@dataclass(frozen=True)
class Generations:
    """What each generator wrote for one collection's queries: `identities` (name to digest), and how a name is read."""

    identities: Mapping[str, str]
    read: Callable[[str], Texts]

    def of(self, name: str) -> Texts:
        """The texts of one generator. Raises UsageError for an unknown name, with those there are."""
        if name not in self.identities:
            raise UsageError(f"no generations of {name!r} for these queries", mend=suggest(name, sorted(self.identities)))
        return self.read(name)


def generations_in(folder: Path) -> Generations | None:
    """The generations kept in `folder/generations/`, named by their `.jsonl` or `.jsonl.gz` files; None where there are none.

    Raises InputError for two files of one name.
    """
    files: dict[str, Path] = {}
    for path in sorted((folder / FOLDER).glob("*.jsonl*")):
        if path.is_file() and path.name.endswith(ENDINGS):
            name = path.name.removesuffix(".gz").removesuffix(".jsonl")
            if name in files:
                raise InputError(
                    f"two files hold the generations of {name!r}", where=str(path), mend=f"remove it or {files[name]}"
                )
            files[name] = path
    if not files:
        return None
    return Generations({name: file_digest(path) for name, path in files.items()}, lambda name: read_generations(files[name]))


def read_generations(path: Path) -> dict[str, tuple[str, ...]]:
    """The texts of a JSONL file of `{"query_id", "text"}`, or as R2MED (`hy_doc`) and CMIRB (`rewrite_query`) publish it.

    A query with several rows has several texts. The gold documents in the published files are not read. Raises InputError
    for a row without id or text, and for an empty text: a generation that failed is left out, not written as nothing.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line, _, row in rows_of(path, Witness()):
        query, text = _field(row, _IDS, path, line), _field(row, _TEXTS, path, line)
        if not text.strip():
            raise InputError(f"query {query!r} has an empty generation", where=place(path, line), mend="leave the row out")
        found[query] = (*found.get(query, ()), text)
    return found


def _field(row: Mapping[str, Any], names: tuple[str, ...], path: Path, line: int) -> str:
    value = next((row[name] for name in names if name in row), None)
    if not isinstance(value, str | int):
        what = f"none of {', '.join(names)} is in it" if value is None else f"{names[0]} is no text"
        raise InputError(what, where=place(path, line), mend='one row: {"query_id": ..., "text": ...}')
    return str(value)
