"""The rows of a data file, with the columns that are wanted and no others."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..reading.formats import format_of, place, rows_of
from ..reading.json_file import read_json
from ..reading.witness import Witness

_ROWS = 1024
_READ_BY_ROWS = (".jsonl", ".csv", ".tsv")
Row = tuple[str, dict[str, Any]]


def read_rows(path: Path, columns: Sequence[str], where: str) -> Iterator[Row]:
    """The place of every row of a Parquet, JSON Lines, JSON, CSV or TSV file, and its values by the columns as asked for.

    A column may be several, `_id|id`, of which the first that is there counts, and may be missing where the last is empty.
    What a row lacks is not among its values. Raises InputError, naming the columns there are, where the first row lacks a
    column that it must have, and for what cannot be read.
    """
    ending = format_of(path)
    if ending == ".parquet":
        return _parquet(path, columns, where)
    if ending == ".json":
        return _json(path, columns, where)
    if ending not in _READ_BY_ROWS:
        known = ", ".join((".parquet", ".json", *_READ_BY_ROWS))
        raise InputError(f"a file that ends in {ending!r} cannot be read", where=where, mend=f"these can: {known}")
    return _picked(((place(path, number), row) for number, _, row in rows_of(path, Witness())), columns, where)


def _picked(rows: Iterator[tuple[str, dict[str, Any]]], columns: Sequence[str], where: str) -> Iterator[Row]:
    wanted = {column: [name for name in column.split("|") if name] for column in columns}
    known = False
    for at, row in rows:
        known = known or bool(_there(columns, list(row), where))
        yield at, {column: row[name] for column, names in wanted.items() if (name := _first(names, row)) is not None}


def _there(columns: Iterable[str], there: Sequence[str], where: str) -> dict[str, str]:
    """The names of the columns by how they are asked for, without those that are missing and may be."""
    found = {column: _first([name for name in column.split("|") if name], there) for column in columns}
    missing = next((column for column, name in found.items() if name is None and not column.endswith("|")), None)
    if missing is not None:
        listed = ", ".join(map(repr, there)) or "none"
        what = f"there is no column {' or '.join(map(repr, missing.split('|')))}; those there are: {listed}"
        mend = "the source must name its columns: either they were renamed at this revision, or the source is wrong"
        raise InputError(what, where=where, mend=mend)
    return {column: name for column, name in found.items() if name is not None}


def _first(names: Sequence[str], there: Container[str]) -> str | None:
    return next((name for name in names if name in there), None)


def _json(path: Path, columns: Sequence[str], where: str) -> Iterator[Row]:
    """A JSON file that is one list of objects, or one object a line."""
    with open(path, "rb") as file:
        listed = file.read(1 << 10).lstrip().startswith(b"[")
    if not listed:
        from ..reading.jsonl import json_rows

        yield from _picked(((f"{path}:{number}", row) for number, _, row in json_rows(path, Witness())), columns, where)
        return
    rows = read_json(path)
    wrong = next((number for number, row in enumerate(rows, 1) if not isinstance(row, dict)), 0)
    if wrong:
        raise InputError("it is not an object", where=f"{path}, row {wrong}", mend="write a list of objects")
    yield from _picked(((f"{path}, row {number}", row) for number, row in enumerate(rows, 1)), columns, where)


def _parquet(path: Path, columns: Sequence[str], where: str) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    number = 0
    try:
        with parquet.ParquetFile(path, buffer_size=1 << 20) as file:
            names = _there(columns, file.schema_arrow.names, where)
            wanted = list(dict.fromkeys(names.values()))
            for batch in file.iter_batches(_ROWS, columns=wanted, use_threads=False):
                lists = {name: batch.column(name).to_pylist() for name in wanted}
                for values in zip(*(lists[name] for name in names.values()), strict=True):
                    number += 1
                    yield f"{path}, row {number}", dict(zip(names, values, strict=True))
    except (pa.ArrowException, EOFError, UnicodeDecodeError) as problem:
        what = f"not Parquet, or damaged: {str(problem).splitlines()[0] if str(problem) else type(problem).__name__}"
        raise InputError(what, where=str(path), mend="remove the file and fetch it again") from None
