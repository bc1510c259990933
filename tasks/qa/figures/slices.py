"""The figures of the questions that share a value of a metadata field: a specialty, a subject, a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...significance import holm
from ..graded import Graded, Values
from .accuracy import columns
from .gain import Gain, gain

Metadata = Sequence[Mapping[str, Any]]
Slice = dict[str, dict[str, float]]
Rows = NDArray[np.int64]


def slices(graded: Graded, metadata: Metadata, fields: Sequence[str]) -> dict[str, Slice]:
    """Per field and value: how many `queries` (questions) carry it, and the mean of each measure, as `Result.slices` has it.

    A question whose value is a list counts under each of it; one without the field under "". `accuracy_read` is left out of a
    slice in which nothing was read.
    """
    found: dict[str, Slice] = {}
    for field in fields:
        found[field] = {value: _means(graded.take(rows)) for value, rows in by_value(metadata, field).items()}
    return found


def with_free(
    sliced: Mapping[str, Slice], columns: Mapping[str, Values], metadata: Metadata, fields: Sequence[str]
) -> dict[str, Slice]:
    """The slices with those of free-text answers: per value `free_questions`, and the mean of each of their columns.

    `columns` float64 (n) and `metadata` (n) are of the n answers. A value that only they have counts 0 `queries`; where no
    slice has accuracies, the answers are its `queries` themselves.
    """
    found: dict[str, Slice] = {}
    for field in fields:
        graded = sliced.get(field, {})
        told: Slice = {value: dict(row) for value, row in graded.items()}
        for value, rows in by_value(metadata, field).items():
            own = {name: float(column[rows].mean()) for name, column in columns.items()}
            row = told.setdefault(value, {"queries": 0} if sliced else {"queries": len(rows)})
            row |= ({"free_questions": len(rows)} if sliced else {}) | own
        found[field] = dict(sorted(told.items()))
    return found


def macro(by_value: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean over the values of a field of each measure that all of them have: every value counts the same."""
    rows = list(by_value.values())
    names = [name for name in rows[0] if name != "queries" and all(name in row for row in rows)] if rows else []
    return {name: float(np.mean([row[name] for row in rows])) for name in names}


def slice_gains(system: Graded, baseline: Graded, metadata: Metadata, field: str) -> dict[str, Gain]:
    """The gain over a baseline per value of a field, Holm over the values; `metadata` stands in the baseline's order.

    Raises InputError where the two have not answered the same questions.
    """
    own = system.matched(baseline.ids)
    found = {value: gain(own.take(rows), baseline.take(rows)) for value, rows in by_value(metadata, field).items()}
    adjusted = holm([one.strict.p for one in found.values()]).tolist()
    return {value: replace(one, adjusted=after) for (value, one), after in zip(found.items(), adjusted, strict=True)}


def by_value(metadata: Metadata, field: str) -> dict[str, Rows]:
    """The rows int64 that carry each value of a field, by ascending value."""
    found: dict[str, list[int]] = {}
    for row, own in enumerate(metadata):
        for value in _values(own.get(field)):
            found.setdefault(value, []).append(row)
    return {value: np.array(found[value], np.int64) for value in sorted(found)}


def _values(told: Any) -> list[str]:
    several = told if isinstance(told, list | tuple) else [told]
    return list(dict.fromkeys("" if one is None else str(one) for one in several)) or [""]


def _means(own: Graded) -> dict[str, float]:
    column = columns(own)
    read = column["read"].sum()
    found = {"queries": len(own)} | {name: float(values.mean()) for name, values in column.items()}
    return found | ({"accuracy_read": float(column["accuracy"].sum() / read)} if read else {})
