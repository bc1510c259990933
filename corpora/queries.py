"""What is asked: queries made of weighted parts, and the judgements of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .images import ImageRef

if TYPE_CHECKING:
    from .generations import Generations

Role = Literal["query", "document", "plain"]
Reader = Literal["all", "lexical", "dense"]


@dataclass(frozen=True)
class Part:
    """One weighted piece of a query: a text, an image or a ready vector (float32, d), and the role it is embedded in.

    `reader`: which kind of retriever it is meant for; the other kind passes over it. `unit`: whether a dense retriever
    scales its vector to length one before it is weighted.
    """

    text: str = ""
    image: ImageRef | None = None
    vector: NDArray[np.float32] | None = None
    role: Role = "query"
    weight: float = 1.0
    reader: Reader = "all"
    unit: bool = False

    def is_for(self, reader: Reader) -> bool:
        """Whether a retriever of this kind reads it."""
        return self.reader in ("all", reader)


@dataclass(frozen=True)
class Queries:
    """q queries: ids (unique), parts, metadata for slices, and a group for those that share a case or a code.

    `generations` are texts that language models wrote for them earlier, where there are any; `faults` says what was wrong with
    pictures that were left out (the first few).
    """

    ids: tuple[str, ...]
    parts: tuple[tuple[Part, ...], ...]
    metadata: tuple[Mapping[str, Any], ...] = ()
    group: tuple[str, ...] = ()
    generations: Generations | None = None
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            twice = next(i for i in self.ids if self.ids.count(i) > 1)
            raise InputError(f"query id {twice!r} occurs more than once", mend="give every query an id of its own")
        if len(self.parts) != len(self.ids):
            raise InputError(f"{len(self.ids)} query ids but {len(self.parts)} queries")

    @classmethod
    def of_texts(cls, ids: Sequence[str], texts: Sequence[str], **more: Any) -> Queries:
        """Queries of one text part each."""
        return cls(tuple(ids), tuple((Part(text=text),) for text in texts), **more)

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, row: int) -> str:
        """The text parts of one query joined by a space, as a lexical retriever sees it."""
        return " ".join(part.text for part in self.parts[row] if part.text and part.is_for("lexical"))

    def images(self, row: int) -> tuple[ImageRef, ...]:
        """The pictures of one query, in order."""
        return tuple(part.image for part in self.parts[row] if part.image is not None)

    @property
    def pictured(self) -> bool:
        """Whether any query has a picture."""
        return any(part.image is not None for parts in self.parts for part in parts)

    @property
    def texts(self) -> list[str]:
        """`text(row)` of every query."""
        return [self.text(row) for row in range(len(self))]

    def take(self, rows: Sequence[int]) -> Queries:
        """The queries at these rows, in this order."""
        ids, parts, metadata, group = (_pick(column, rows) for column in (self.ids, self.parts, self.metadata, self.group))
        return Queries(ids, parts, metadata, group, self.generations, self.faults)


def _pick(column: tuple[Any, ...], rows: Sequence[int]) -> tuple[Any, ...]:
    return tuple(column[row] for row in rows) if column else ()


@dataclass(frozen=True)
class Qrels:
    """Judgements: query id -> document id -> integer grade; and per query the ids left out of its ranking."""

    grades: Mapping[str, Mapping[str, int]]
    ignored: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(judged) for judged in self.grades.values())

    def relevant(self, query: str, threshold: int = 1) -> set[str]:
        """Ids of the documents graded at least `threshold` for this query."""
        return {doc for doc, grade in self.grades.get(query, {}).items() if grade >= threshold}
