"""`medir collections`."""

from __future__ import annotations

import json

from corpora.builtin import BUILTINS
from corpora.builtin.source import card_and_recipe
from medir.report import as_csv, as_table, check_format


def collections(*, format: str = "table") -> None:
    """List the collections that are built in.

    Parameters
    ----------
    format
        table, markdown, csv or json.
    """
    form = check_format(format)
    rows = [
        {
            "name": card.name,
            "language": card.language,
            "documents": card.counts.get("documents", 0),
            "test queries": card.counts.get("queries_test", 0),
            "main measure": card.main,
            "revision": card.revision,
            "licence": card.licence,
        }
        for card, _ in map(card_and_recipe, BUILTINS)
    ]
    if form == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif form == "csv":
        print(as_csv(rows))
    else:
        print(as_table([list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)], form))


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
