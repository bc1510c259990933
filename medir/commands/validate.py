"""`medir validate`."""

from __future__ import annotations

import json
from pathlib import Path

from medir.report import as_table, check_format

from .options import workspace


def validate(folder: Path, /, *, format: str = "table") -> None:
    """Report everything that is wrong with a folder.

    Parameters
    ----------
    folder
        A folder with corpus, queries and qrels.
    format
        table, markdown or json.
    """
    from corpora.validation import validate as examine

    form = check_format(format)
    report = examine(folder, workspace())
    if form == "json":
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
        return
    print(as_table(report.rows(), form))
