"""Pictures with a text each: what image-text retrieval is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .collection import Card
from .errors import InputError
from .images import ImageRef


@dataclass(frozen=True)
class CaptionedImages:
    """n pairs of one split: `ids` (unique), `images` (of each one or more), `texts` (empty for a picture without), `metadata`.

    `faults` says what was wrong with pictures that were left out (the first few), `notes` counts. Raises InputError for columns
    of different lengths, an id that occurs twice, and for no pair at all.
    """

    card: Card
    split: str
    ids: tuple[str, ...]
    images: tuple[tuple[ImageRef, ...], ...]
    texts: tuple[str, ...]
    metadata: tuple[Mapping[str, Any], ...]
    notes: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, column in {"pictures": self.images, "texts": self.texts, "metadata": self.metadata}.items():
            if len(column) != len(self.ids):
                self._refuse(f"{len(self.ids)} ids but {len(column)} {name}", "give every pair one of each")
        if not self.ids:
            self._refuse("there is no picture in it", "give at least one")
        seen: set[str] = set()
        for one in self.ids:
            if one in seen:
                self._refuse(f"picture id {one!r} occurs more than once", "give every one an id of its own")
            seen.add(one)

    def _refuse(self, what: str, mend: str) -> None:
        raise InputError(what, where=self.name, mend=mend)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    def take(self, rows: Sequence[int]) -> CaptionedImages:
        """The pairs at these rows, in this order."""
        ids, images = tuple(self.ids[row] for row in rows), tuple(self.images[row] for row in rows)
        texts, metadata = tuple(self.texts[row] for row in rows), tuple(self.metadata[row] for row in rows)
        return replace(self, ids=ids, images=images, texts=texts, metadata=metadata)

    def describe(self) -> dict[str, int]:
        """The counts of what is inside: pairs, and pictures."""
        return {"pairs": len(self), "pictures": sum(map(len, self.images))}
