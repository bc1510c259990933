"""Hub rows of texts with labels, and of pairs with values; a row may hold lists of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..collection import Card
from ..errors import InputError
from ..labelled import LabelledTexts, Labels, TextPairs
from ..reading.columns import as_id
from ..workspace import Workspace
from .opened import OpenTable, moved_notes, open_tables, text_at
from .tables import HubSource

Parts = tuple[str, tuple[object, ...], str]


def open_labels(source: HubSource, card: Card, split: str, workspace: Workspace) -> LabelledTexts:
    """The texts and labels of the table `rows`, as `split`, and of the split to learn from where the source names one.

    An id is the number of the row, and within a list the number in it: 7, or 7.2. Left out and counted are rows without
    a text or a label (`rows_without_text`, `rows_without_label`). Raises InputError where lists differ in length.
    """
    tables = open_tables(source, workspace)
    table, counted = tables["rows"], {"rows_without_text": 0, "rows_without_label": 0}
    splits = {split: _labels(table, "", counted)}
    if learned := table.table.train_split:
        splits[learned] = splits.get(learned) or _labels(table, learned, counted)
    return LabelledTexts(card, splits, _occurring({**counted, **moved_notes(tables)}))


def _labels(table: OpenTable, split: str, counted: dict[str, int]) -> Labels:
    found: list[tuple[str, str, str]] = []
    for name, (text, label), place in _exploded(table, ("text", "label"), split):
        words = text_at(text, "text", place)
        counted["rows_without_text"] += not words.strip()
        counted["rows_without_label"] += bool(words.strip()) and label in (None, "")
        if words.strip() and label not in (None, ""):
            found.append((name, words, _label(label, place)))
    if not found:
        raise InputError(
            "there is no labelled text in it", where=f"{table.where}{split and f', split {split}'}", mend="check the columns"
        )
    return Labels(*(tuple(column) for column in zip(*found, strict=True)))


def _label(value: object, place: str) -> str:
    if isinstance(value, bool):
        return str(int(value))
    try:
        return as_id(value, "label")
    except InputError as fault:
        raise InputError(fault.what, where=place, mend="a label is text or a whole number") from None


def open_pairs(source: HubSource, card: Card, split: str, workspace: Workspace) -> TextPairs:
    """The pairs and values of the table `rows`; ids as for labels.

    Left out and counted are pairs without a side or a value (`pairs_without_a_side`, `pairs_without_value`). Raises
    InputError for a value that is not a number.
    """
    tables = open_tables(source, workspace)
    counted = {"pairs_without_a_side": 0, "pairs_without_value": 0}
    found: list[tuple[str, str, str, float]] = []
    for name, (left, right, value), place in _exploded(tables["rows"], ("left", "right", "value"), ""):
        sides = text_at(left, "left", place), text_at(right, "right", place)
        whole = all(side.strip() for side in sides)
        counted["pairs_without_a_side"] += not whole
        counted["pairs_without_value"] += whole and value in (None, "")
        if whole and value not in (None, ""):
            found.append((name, *sides, _number(value, place)))
    if not found:
        raise InputError("there is no pair in it", where=tables["rows"].where, mend="check the columns")
    ids, lefts, rights, values = zip(*found, strict=True)
    notes = _occurring({**counted, **moved_notes(tables)})
    return TextPairs(card, split, ids, lefts, rights, np.array(values, np.float64), notes)


def _number(value: object, place: str) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"the value of the pair is {value!r}", where=place, mend="a value is a number") from None


def _exploded(table: OpenTable, fields: tuple[str, ...], split: str) -> Iterator[Parts]:
    """The rows with their ids; a row of lists as one row for every place in them."""
    for number, (values, _, place) in enumerate(table.rows(*fields, split=split), 1):
        lists = [value for value in values if isinstance(value, list)]
        if not lists:
            yield str(number), values, place
        elif len(lists) < len(values) or len({len(value) for value in lists}) > 1:
            what = f"its {', '.join(fields)} are not lists of one length"
            raise InputError(what, where=place, mend="either all of them are lists, or none is")
        else:
            for item, parts in enumerate(zip(*lists, strict=True), 1):
                yield f"{number}.{item}", parts, place


def _occurring(counted: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counted.items() if count}
