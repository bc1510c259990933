"""One door to every format: the rows of a file as fields, whatever it is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .jsonl import json_rows
from .tables import csv_rows, parquet_rows, tsv_rows
from .witness import Witness

_READERS: dict[str, Callable[[Path, Witness], Iterator[tuple[int, int, dict[str, Any]]]]] = {
    ".jsonl": json_rows,
    ".csv": csv_rows,
    ".tsv": tsv_rows,
    ".parquet": parquet_rows,
}


def rows_of(path: Path, witness: Witness) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The line (the row, in Parquet), the size in bytes or characters, and the fields of every record of a file.

    Raises InputError for an ending that is not known, and with file and line for what is wrong inside (see the reader of
    each format); SurroundingsError where the disk fails.
    """
    if format_of(path) not in _READERS:
        mend = f"call it so that it ends in {', '.join(_READERS)}, each perhaps with .gz"
        raise InputError(f"the ending {format_of(path)!r} does not say how it is written", where=str(path), mend=mend)
    yield from _READERS[format_of(path)](path, witness)


def format_of(path: Path) -> str:
    """The ending that says how a file is written, `.gz` left aside."""
    return path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix


def place(path: Path, number: int) -> str:
    """How a message names a record: `file:line`, or the row in a Parquet file."""
    return f"{path}, row {number}" if format_of(path) == ".parquet" else f"{path}:{number}"
