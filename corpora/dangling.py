"""Judgements that name a document or a query that is not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

MOST = 0.001
Grades = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Dangling:
    """The judgements (query, document) of unknown documents, and those of unknown queries, among how many in all."""

    of_documents: tuple[tuple[str, str], ...]
    of_queries: tuple[tuple[str, str], ...]
    judgements: int

    def __len__(self) -> int:
        return len(self.of_documents) + len(self.of_queries)

    @property
    def too_many(self) -> bool:
        """Whether more than 0.1 % of the judgements dangle."""
        return len(self) > MOST * self.judgements

    @property
    def unknown_queries(self) -> frozenset[str]:
        """The queries that are judged and not there."""
        return frozenset(query for query, _ in self.of_queries)

    def examples(self, most: int = 5) -> list[str]:
        """Some of them in words."""
        some = [f"document {document!r} (for query {query!r})" for query, document in self.of_documents[:most]]
        return (some + [f"query {query!r}" for query in sorted(self.unknown_queries)[:most]])[:most]

    def refuse(self, where: Path) -> None:
        """Nothing where few enough dangle; else InputError with the count and examples."""
        if self.too_many:
            raise InputError(
                f"{len(self):,} of {self.judgements:,} judgements name what is not there: {', '.join(self.examples())}",
                where=str(where),
                mend="mend the judgements or the corpus, or count them against the score with --allow-dangling",
            )


def find_dangling(grades: Grades, queries: Collection[str], unknown_documents: Collection[str]) -> Dangling:
    """The judgements of queries that are not in `queries`, and of documents in `unknown_documents`."""
    known, unknown = set(queries), set(unknown_documents)
    return Dangling(
        tuple((query, doc) for query, judged in grades.items() if query in known for doc in judged if doc in unknown),
        tuple((query, doc) for query, judged in grades.items() if query not in known for doc in judged),
        sum(map(len, grades.values())),
    )
