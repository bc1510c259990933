"""A folder that a user brings, read as a repository of the hub is: its files are its tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..state import digest, file_digest
from ..workspace import Workspace
from .files import user_file
from .tables import Table


@dataclass(frozen=True)
class LocalFolder:
    """A folder, with the `recipe` for what must be in it; `table_files` are those of its files that are tables."""

    folder: Path
    recipe: str
    table_files: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """How messages name it."""
        return str(self.folder)

    @cached_property
    def pin(self) -> str:
        """What pins the content of its tables: their hashes."""
        return digest(*(file_digest(user_file(self.folder, file, self.recipe)) for file in self.table_files))

    def files_of(self, table: Table, split: str = "") -> tuple[str, ...]:
        """The one file of a table."""
        return (table.file,)

    def path(self, file: str, workspace: Workspace) -> Path:
        """The path of one of its files. Raises InputError, with the recipe, where it is not there."""
        return user_file(self.folder, file, self.recipe)
