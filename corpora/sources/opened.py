"""The tables of a hub source, opened: their rows under our names for the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import InputError
from ..reading.columns import as_id, as_text
from ..reading.witness import placed
from ..state import digest, digest_json
from ..workspace import Workspace
from .local import LocalFolder
from .repository import READER, Repository, open_repository
from .rows import read_rows
from .tables import HubSource, Table


class Values(NamedTuple):
    """The values of one row, in the order of the fields asked for, its metadata, and its place."""

    fields: tuple[Any, ...]
    metadata: dict[str, Any]
    place: str


@dataclass(frozen=True)
class OpenTable:
    """A table with the repository, or the user's folder, that it lies in."""

    table: Table
    repository: Repository | LocalFolder
    workspace: Workspace

    @property
    def where(self) -> str:
        """How messages name it."""
        table = self.table
        return f"{self.repository.where}, {table.file or f'{table.config}/{table.split}'}"

    @property
    def key(self) -> str:
        """What its content depends on: repository, commit, file or config and split, and the columns."""
        table = self.table
        return digest("hub", READER, table.repo, self.repository.pin, table.config, table.split, table.file, _columns(table))

    def rows(self, *fields: str, split: str = "") -> Iterator[Values]:
        """The values of some fields in every row, null where there is no column for one; `split` reads another split.

        Metadata that the table lacks is not among a row's. A field of several columns is their texts joined by a space.
        Raises InputError, with the place, for what cannot be read; as `Repository.files_of` and `hub.fetch`.
        """
        named = [self.table.columns.get(field, ()) for field in fields]
        metadata = {name: f"{name}|" for name in self.table.metadata}
        wanted = [column for columns in named for column in columns] + list(metadata.values())
        for file in self.repository.files_of(self.table, split):
            path = self.repository.path(file, self.workspace)
            for place, found in read_rows(path, wanted, f"{self.repository.where}, {file}"):
                values = tuple(_value(columns, found, place) for columns in named)
                yield Values(values, {name: found[column] for name, column in metadata.items() if column in found}, place)


def open_tables(source: HubSource, workspace: Workspace) -> dict[str, OpenTable]:
    """The tables of a source, every repository opened once. Raises as `open_repository` and `Repository.placed`."""
    opened: dict[tuple[str, str], Repository] = {}
    for table in source.tables.values():
        asked = (table.repo, table.revision)
        opened[asked] = opened.get(asked) or open_repository(*asked, workspace)
    where = {name: opened[table.repo, table.revision] for name, table in source.tables.items()}
    return {name: OpenTable(where[name].placed(table), where[name], workspace) for name, table in source.tables.items()}


def moved_notes(tables: Mapping[str, OpenTable]) -> dict[str, int]:
    """The note that a revision that was not pinned has moved on the hub since it was first fetched."""
    opened = (table.repository for table in tables.values())
    moved = {one.name for one in opened if isinstance(one, Repository) and one.moved}
    return {"revision_moved": len(moved)} if moved else {}


def id_at(value: Any, what: str, place: str) -> str:
    """A value as an id (whole numbers become their digits). Raises InputError with the place."""
    try:
        return as_id(value, what)
    except InputError as fault:
        raise placed(fault, place) from None


def text_at(value: Any, what: str, place: str) -> str:
    """A value as text, null as nothing. Raises InputError with the place."""
    try:
        return as_text(value, what)
    except InputError as fault:
        raise placed(fault, place) from None


def _value(columns: tuple[str, ...], row: Mapping[str, Any], place: str) -> Any:
    if len(columns) < 2:
        return row.get(columns[0]) if columns else None
    return " ".join(text for text in (text_at(row.get(column), column, place) for column in columns) if text)


def _columns(table: Table) -> str:
    return digest_json({name: list(columns) for name, columns in table.columns.items()})
