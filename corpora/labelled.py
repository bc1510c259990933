"""What the embedding tasks are made of: texts with a label each, and pairs of texts with a value each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .collection import Card
from .errors import InputError
from .images import ImageRef


@dataclass(frozen=True)
class Labels:
    """n texts of one split: `ids` (unique), `texts` and `labels`, each of length n.

    `sets` (n, or empty) names the ready-made set of each text, for clustering set by set. `images` (n, or empty): what carries
    the label is a picture, and its text, which may be empty, a caption. Raises InputError for columns
    of different lengths, an id that occurs twice, or no text at all.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    sets: tuple[str, ...] = ()
    images: tuple[ImageRef, ...] = ()

    def __post_init__(self) -> None:
        columns = {"texts": self.texts, "labels": self.labels, "sets": self.sets or self.ids, "images": self.images or self.ids}
        _check_columns("text", self.ids, columns)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> Labels:
        """The texts at these rows, in this order."""
        columns: tuple[tuple[Any, ...], ...] = (self.ids, self.texts, self.labels, self.sets, self.images)
        return Labels(*(tuple(column[row] for row in rows) if column else () for column in columns))


@dataclass(frozen=True)
class LabelledTexts:
    """A label column: per split its `Labels`, the card, and what was counted while reading. Raises InputError for no split."""

    card: Card
    splits: Mapping[str, Labels]
    notes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.splits:
            raise InputError("there is no labelled text in it", where=self.name, mend="give at least one split")

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    def describe(self) -> dict[str, int]:
        """The counts of what is inside: labels, texts, and texts of each split."""
        distinct = {label for part in self.splits.values() for label in part.labels}
        texts = {f"texts_{split}": len(part) for split, part in self.splits.items()}
        return {"labels": len(distinct), "texts": sum(texts.values()), **texts}


@dataclass(frozen=True)
class TextPairs:
    """n pairs of one split: `ids` (unique), the texts `left` and `right`, and `values` float64 (n).

    A value is 1 or 0 where pairs are told apart, and a gold score where similarity is graded. Raises InputError for
    columns of different lengths, an id that occurs twice, a value that is not finite, or no pair at all.
    """

    card: Card
    split: str
    ids: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    values: NDArray[np.float64]
    notes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_columns("pair", self.ids, {"left": self.left, "right": self.right, "values": self.values})
        if self.values.dtype != np.float64 or self.values.ndim != 1:
            raise InputError(f"the values of pairs are {self.values.dtype} {self.values.shape}", mend="give float64 (n)")
        wrong = np.flatnonzero(~np.isfinite(self.values))
        if wrong.size:
            first = int(wrong[0])
            raise InputError(f"the value of pair {self.ids[first]!r} is {self.values[first]}", mend="give a finite number")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    def describe(self) -> dict[str, int]:
        """The count of what is inside."""
        return {"pairs": len(self)}


def _check_columns(what: str, ids: tuple[str, ...], columns: Mapping[str, Sequence[object] | NDArray[np.float64]]) -> None:
    for name, column in columns.items():
        if len(column) != len(ids):
            raise InputError(f"{len(ids)} ids but {len(column)} {name}", mend=f"give every {what} one of each")
    if not ids:
        raise InputError(f"there is no {what} in it", mend="give at least one")
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(name for name in ids if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"{what} id {twice!r} occurs more than once", mend=f"give every {what} an id of its own")
