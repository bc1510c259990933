"""`medir collections`."""

from __future__ import annotations

import json

from corpora.builtin.cards import builtin_cards
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
            "attribution": card.attribution,
        }
        for card in builtin_cards()
    ]
    if form == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif form == "csv":
        print(as_csv(rows))
    else:
        shown = [name for name in rows[0] if name not in ("licence", "attribution")]
        print(as_table([shown, *([_cell(row[name]) for name in shown] for row in rows)], form))
        print("\n" + "\n\n".join(f"{row['name']}: {row['licence']}. {row['attribution']}" for row in rows))


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
