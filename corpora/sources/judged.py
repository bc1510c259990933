"""Documents, queries and grades become a collection: what is not judged is left out, what does not fit is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..collection import Card, Collection
from ..corpus import ROWS_A_BATCH, SCHEMA, Corpus
from ..dangling import find_dangling
from ..errors import InputError
from ..images import FAULTS_NAMED
from ..images.claims import Claim
from ..images.located import Gallery
from ..images.modality import with_modality
from ..queries import Part, Qrels, Queries

Grades = dict[str, dict[str, int]]
Document = Mapping[str, str]


@dataclass
class Asked:
    """Queries as they are read: text and metadata by id, the pictures they name, and where they stand; equal repeats are merged
    and counted, differing ones refused.
    """

    texts: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    claims: dict[str, tuple[Claim, ...]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    merged: int = 0

    def add(self, name: str, text: str, metadata: Mapping[str, Any], place: str, claims: tuple[Claim, ...] = ()) -> None:
        """One more query. Raises InputError where another one of this id differs."""
        if name not in self.texts:
            self.texts[name], self.metadata[name] = text, metadata
            if claims:
                self.claims[name], self.places[name] = claims, place
        elif (self.texts[name], self.metadata[name], self.claims.get(name, ())) == (text, metadata, claims):
            self.merged += 1
        else:
            mend = "remove one or give it an id of its own"
            raise InputError(f"two queries share the id {name!r} and differ", where=place, mend=mend)

    def missing(self, wanted: Sequence[str]) -> dict[str, int]:
        """A note for each metadata column that no query has."""
        return {f"missing_metadata_{name}": 1 for name in wanted if not _any_has(name, self.metadata.values())}

    def judged(self, grades: Grades, gallery: Gallery | None = None) -> Queries:
        """Those that are judged, in the order in which they came; their pictures are those that the gallery finds sound."""
        ids = [name for name in self.texts if name in grades]
        metadata = tuple(self.metadata[name] for name in ids)
        if gallery is not None:
            gallery.look(claim for name in ids for claim in self.claims.get(name, ()))
        parts = tuple(self._parts(name, gallery) for name in ids)
        faults = tuple(gallery.messages[:FAULTS_NAMED]) if gallery is not None else ()
        return Queries(tuple(ids), parts, metadata if any(metadata) else (), faults=faults)

    def _parts(self, name: str, gallery: Gallery | None) -> tuple[Part, ...]:
        claims = self.claims.get(name, ())
        if gallery is None or not claims:
            return (Part(text=self.texts[name]),)
        pictures = gallery.refs(claims, self.places[name], f"query {name!r}")
        text = (Part(text=self.texts[name]),) if self.texts[name] or not pictures else ()
        return (*text, *(Part(image=one) for one in pictures))


@dataclass
class Judged:
    """Grades as they are read; equal repeats are merged and counted, contradictions refused."""

    grades: Grades = field(default_factory=dict)
    merged: int = 0

    def add(self, query: str, document: str, grade: int, place: str) -> None:
        """One more judgement. Raises InputError where the pair was judged otherwise before."""
        judged = self.grades.setdefault(query, {})
        known = document in judged
        if known and judged[document] != grade:
            what = f"query {query!r} and document {document!r} are judged {grade} here and {judged[document]} before"
            raise InputError(what, where=place, mend="keep one of them")
        self.merged += known
        judged[document] = grade


@dataclass(frozen=True)
class Pieces:
    """A kept corpus with its notes, what is asked and judged of it, and what else was counted; `where` names the source.

    `candidates` are, per query, the documents that are ranked; empty where all are. `gallery` holds the pictures of queries.
    """

    corpus: Corpus
    asked: Asked
    judged: Judged
    where: str
    notes: Mapping[str, int] = field(default_factory=dict)
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gallery: Gallery | None = None


def judged_collection(card: Card, split: str, pieces: Pieces, *, allow_dangling: bool = False) -> Collection:
    """The collection of a split: its judged queries alone, counted as a folder's are (see `open_folder_collection`).

    With candidates, unknown documents among them are left out (`unknown_candidates`), and judged queries without any are
    counted (`queries_without_candidates`). Slices over metadata that no query has are left out of the card.

    Raises InputError where no query is judged, and where over 0.1 % of the judgements dangle unless `allow_dangling`.
    """
    grades = pieces.judged.grades
    queries = pieces.asked.judged(grades, pieces.gallery)
    if not queries:
        raise InputError("none of its judged queries is among the queries", where=pieces.where, mend="check the query ids")
    documents = {document for judged in grades.values() for document in judged}
    dangling = find_dangling(grades, pieces.asked.texts, _unknown(documents, pieces.corpus))
    if not allow_dangling:
        dangling.refuse(Path(pieces.where))
    candidates, lost = _candidates(queries, pieces)
    ignored = {name: frozenset({name}) for name in queries.ids} if card.drop_same_id else {}
    counted = Counter(pieces.notes) + (pieces.gallery.counts if pieces.gallery else Counter())
    counted["merged_duplicate_queries"] = pieces.asked.merged
    counted["merged_judgements"] = pieces.judged.merged
    counted["unjudged_queries"] = len(pieces.asked.texts) - len(queries)
    counted["empty_queries"] = sum(not text and not queries.images(row) for row, text in enumerate(queries.texts))
    counted["dangling_judgements"] = len(dangling)
    counted["unknown_queries"] = len(dangling.unknown_queries)
    counted["unknown_candidates"] = lost
    counted["queries_without_candidates"] = sum(not own for own in candidates.values())
    qrels = Qrels({name: grades[name] for name in queries.ids}, ignored)
    notes = {name: count for name, count in counted.items() if count}
    slices = tuple(name for name in card.slices if _any_has(name, queries.metadata))
    card = replace(card, roll_up="none" if pieces.corpus.parents is None else card.roll_up or "max", slices=slices)
    return with_modality(Collection(card, split, pieces.corpus, queries, qrels, notes, candidates))


def _any_has(name: str, metadata: Iterable[Mapping[str, Any]]) -> bool:
    return any(name in row for row in metadata)


def document_batches(documents: Iterable[Document]) -> Iterator[pa.RecordBatch]:
    """Documents as record batches of the corpus schema, a few thousand rows each; what is not given is empty."""
    waiting: list[Document] = []
    for document in documents:
        waiting.append(document)
        if len(waiting) == ROWS_A_BATCH:
            yield _batch(waiting)
            waiting = []
    if waiting:
        yield _batch(waiting)


def _batch(documents: list[Document]) -> pa.RecordBatch:
    columns = [pa.array([document.get(name, "") for document in documents], pa.string()) for name in SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _unknown(documents: Iterable[str], corpus: Corpus) -> set[str]:
    """Those that are no document's id and no document's parent."""
    wanted = sorted(documents)
    rows = corpus.rows_of(pa.array(wanted, pa.string()))
    missing = {name for name, row in zip(wanted, rows, strict=True) if row < 0}
    return missing - set(corpus.parents.to_pylist()) if missing and corpus.parents is not None else missing


def _candidates(queries: Queries, pieces: Pieces) -> tuple[dict[str, tuple[str, ...]], int]:
    """The known candidates of every query, and how many unknown ones were left out."""
    if not pieces.candidates:
        return {}, 0
    given = {name: pieces.candidates.get(name, ()) for name in queries.ids}
    unknown = _unknown({document for own in given.values() for document in own}, pieces.corpus)
    known = {name: tuple(document for document in dict.fromkeys(own) if document not in unknown) for name, own in given.items()}
    return known, sum(document in unknown for own in given.values() for document in own)
