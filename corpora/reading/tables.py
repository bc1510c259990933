"""Tables: CSV (RFC 4180 quoting), TSV (no quoting, one record a line) and Parquet, each with its columns named first."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .streams import LONGEST_LINE, lines_of, not_utf8, text_of, unreadable
from .witness import Witness

Row = tuple[int, int, dict[str, Any]]
Split = Callable[[str], list[str]]
_PARQUET_ROWS = 1024


def tabs(line: str) -> list[str]:
    """The fields between tabs."""
    return line.split("\t")


def csv_rows(path: Path, witness: Witness) -> Iterator[Row]:
    """The line on which it starts, the size and the fields (by the header's names) of every record of a CSV file."""
    csv.field_size_limit(LONGEST_LINE)
    lines = (text_of(line, f"{path}:{number}") + "\n" for number, line in lines_of(path, witness))
    records = _csv_records(path, csv.reader(lines, strict=True))
    header = next(records, (1, []))[1]
    yield from _named(path, header, records, witness)


def _csv_records(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    while True:
        number = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise InputError(
                f"not CSV: {problem}", where=f"{path}:{number}", mend="quote the field, and double the quotes in it"
            ) from None
        if record:
            yield number, record


def tsv_rows(path: Path, witness: Witness, header: Sequence[str] = (), split: Split = tabs) -> Iterator[Row]:
    """The line, the size and the fields of every record of a TSV file; `header` names them where the first line does not."""
    records = _tsv_records(path, witness, split)
    yield from _named(path, header or next(records, (1, []))[1], records, witness)


def _tsv_records(path: Path, witness: Witness, split: Split) -> Iterator[tuple[int, list[str]]]:
    for number, line in lines_of(path, witness):
        if line.strip(b" \r"):
            try:
                yield number, split(text_of(line.removesuffix(b"\r"), f"{path}:{number}"))
            except InputError as fault:
                witness.refuse(fault)


def _named(path: Path, header: Sequence[str], records: Iterator[tuple[int, list[str]]], witness: Witness) -> Iterator[Row]:
    _check_header(header, f"{path}:1")
    for number, record in records:
        if len(record) != len(header):
            mend = f"give it the columns {', '.join(header)}; a field must not hold the separator"
            witness.refuse(InputError(f"{len(record)} fields in place of {len(header)}", where=f"{path}:{number}", mend=mend))
        else:
            yield number, sum(map(len, record)), dict(zip(header, record, strict=True))


def _check_header(header: Sequence[str], where: str) -> None:
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(f"two columns are called {twice!r}", where=where, mend="give every column a name of its own")


def parquet_rows(path: Path, witness: Witness) -> Iterator[Row]:
    """The row (from 1), the size (of its texts) and the fields of every row of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    number = 1
    try:
        size = path.stat().st_size
        with parquet.ParquetFile(path, buffer_size=1 << 20) as file:
            _check_header(file.schema_arrow.names, str(path))
            for batch in file.iter_batches(_PARQUET_ROWS, use_threads=False):
                for row in batch.to_pylist():
                    yield number, sum(len(value) for value in row.values() if isinstance(value, str)), row
                    number += 1
                witness.advance(size * batch.num_rows // file.metadata.num_rows)
    except UnicodeDecodeError as problem:
        raise not_utf8(problem, f"{path}, one of the {_PARQUET_ROWS:,} rows from {number:,}") from None
    except (pa.ArrowException, EOFError) as problem:
        raise InputError(
            f"not Parquet, or damaged: {_first_line(problem)}", where=str(path), mend="write or fetch it again"
        ) from None
    except OSError as problem:
        if problem.errno is None:
            raise InputError(
                f"damaged Parquet: {_first_line(problem)}", where=str(path), mend="write or fetch it again"
            ) from None
        raise unreadable(path, problem) from problem


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
