"""What language models wrote for queries, in tables on the hub: one table a generator, fetched when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from ..generations import Generations, Texts
from ..workspace import Workspace
from .opened import OpenTable, id_at, text_at
from .repository import open_repository
from .tables import Table


def open_generations(tables: Mapping[str, Table], workspace: Workspace) -> Generations:
    """The generations in these tables, by generator; their identities pin repository, commit, config, split and columns.

    Opening reads none of them. Reading raises InputError for a table that is not in the repository or is damaged, and
    SurroundingsError for one that cannot be fetched, or is not kept while the network is switched off.
    """
    opened = {
        name: OpenTable(table, open_repository(table.repo, table.revision, workspace), workspace)
        for name, table in tables.items()
    }
    return Generations({name: table.key for name, table in opened.items()}, lambda name: _read(opened[name]))


def _read(table: OpenTable) -> Texts:
    """The texts of every query, in the order of the rows; an empty one is a generation that failed, and is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for (query, text), _, place in table.rows("query", "text"):
        name, words = id_at(query, "query id", place), text_at(text, "text", place)
        if words.strip():
            found[name] = (*found.get(name, ()), words)
    return found
