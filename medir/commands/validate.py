"""`medir validate`."""

from __future__ import annotations

import json
from pathlib import Path

from corpora import InputError
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

    The exit code is 1 if run would refuse the folder.
    """
    from corpora.validation import validate as examine

    form = check_format(format)
    report = examine(folder, workspace())
    if form == "json":
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        print(as_table(report.rows(), form))
    if report.refused:
        raise InputError("medir run refuses this folder", where=str(folder), mend="mend what is marked `refuses` above")
