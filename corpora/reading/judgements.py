"""Judgement files, in the layout of BEIR (a header, tabs) or of TREC (four columns), or as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from .columns import GRADES, JUDGED_DOCUMENTS, JUDGED_QUERIES, as_grade, as_id, field_of
from .formats import format_of, place, rows_of
from .streams import lines_of, text_of
from .tables import tabs, tsv_rows
from .witness import Witness, placed

Grades = dict[str, dict[str, int]]
_PLAIN = {3: ("query-id", "corpus-id", "score"), 4: ("query-id", "iteration", "corpus-id", "score")}
_WHOLE = re.compile(r"[+-]?[0-9]+")


class Judgement(NamedTuple):
    """One row of a judgement file."""

    query: str
    document: str
    grade: int


def read_judgements(path: Path, witness: Witness) -> Grades:
    """Query id -> document id -> grade, in the order of the file.

    A pair judged twice alike is merged and counted (`merged_judgements`). Raises InputError, with file and line, for a
    pair judged twice with different grades, for a row that is not a judgement, and for no judgement at all.
    """
    grades: Grades = {}
    rows = 0
    for line, (query, document, grade) in _judgements(path, witness):
        judged = grades.setdefault(query, {})
        if judged.setdefault(document, grade) != grade:
            witness.refuse(_contradiction(path, line, Judgement(query, document, grade), judged[document]))
        else:
            rows += 1
    if not grades:
        raise InputError("there is no judgement in it", where=str(path), mend="give at least one judgement")
    witness.counts["merged_judgements"] += rows - sum(map(len, grades.values()))
    return grades


def _contradiction(path: Path, line: int, judgement: Judgement, before: int) -> InputError:
    query, document, grade = judgement
    pairs = _judgements(path, Witness(refuse=lambda fault: None))
    first = next(number for number, known in pairs if known[:2] == (query, document))
    return InputError(
        f"query {query!r} and document {document!r} are judged {grade} here and {before} before",
        where=place(path, line),
        mend=f"keep one; the other stands at {place(path, first)}",
    )


def _judgements(path: Path, witness: Witness) -> Iterator[tuple[int, Judgement]]:
    try:
        yield from _judgements_in(path, witness)
    except InputError as fault:
        witness.refuse(fault)


def _judgements_in(path: Path, witness: Witness) -> Iterator[tuple[int, Judgement]]:
    names = None
    for line, _, row in _rows(path, witness):
        try:
            names = names or _names(row)
            query, document, grade = (row.get(name) for name in names)
            yield line, Judgement(as_id(query, "query id"), as_id(document, "document id"), as_grade(grade))
        except InputError as fault:
            witness.refuse(placed(fault, place(path, line)))


def _names(there: dict[str, Any]) -> tuple[str, str, str]:
    return (
        field_of("query id", JUDGED_QUERIES, there),
        field_of("document id", JUDGED_DOCUMENTS, there),
        field_of("grade", GRADES, there),
    )


def _rows(path: Path, witness: Witness) -> Iterator[tuple[int, int, dict[str, Any]]]:
    if format_of(path) not in (".tsv", ".txt"):
        return rows_of(path, witness)
    first = next((text_of(line, f"{path}:{number}") for number, line in lines_of(path, Witness()) if line.strip()), "")
    split = tabs if "\t" in first else _blanks
    cells = split(first)
    plain = cells and _WHOLE.fullmatch(cells[-1]) is not None
    return tsv_rows(path, witness, _PLAIN.get(len(cells), ()) if plain else (), split)


def _blanks(line: str) -> list[str]:
    return re.split("[ \t]+", line.strip(" \t"))
