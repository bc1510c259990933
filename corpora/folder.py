"""A folder of corpus, queries and judgements as a collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .card_file import read_card
from .collection import Card, Collection
from .corpus import Corpus
from .dangling import find_dangling
from .errors import InputError
from .generations import generations_in
from .images.claims import Claim
from .images.located import Gallery, stamp
from .images.modality import with_modality
from .ingest import Counts, kept_corpus
from .language import language_of
from .queries import Qrels, Queries
from .reading import Grades, Layout, Witness, document_batches, layout_of, places_of, read_judgements, read_queries
from .reading.documents import pictures_named
from .reading.streams import unreadable
from .state import digest, file_digest
from .workspace import Workspace

READER = "1"
PICTURE_READER = "3"
"""The reader's version for folders whose documents may have pictures: those of texts alone are kept under the other."""
CARD_FILE = "card.toml"


def open_folder_collection(folder: Path, split: str | None, workspace: Workspace, *, allow_dangling: bool = False) -> Collection:
    """The collection in `folder` for one split (where none is asked: the only one, else `test`).

    Queries that the split does not judge are left out. A dangling judgement names an unknown document (it stays, and
    costs the score what it must) or an unknown query (it is left out: there is nothing to ask).
    Notes: `unjudged_queries`, `empty_queries`, `dangling_judgements`, `unknown_queries`, `merged_judgements`,
    `merged_duplicate_queries`, `missing_images`, `unreadable_images` and `oversized_images` (pictures that a query or document
    lost: see `Gallery`), and those of the corpus. Where there are pictures, queries are sliced by `modality`.

    Raises UsageError for an unknown split; InputError, with file and line, for what cannot be read, and where over
    0.1 % of the judgements dangle unless `allow_dangling`.
    """
    layout = layout_of(folder)
    split = layout.split(split)
    witness = Witness()
    gallery = Gallery(layout.folder.absolute(), workspace.progress, witness.counts)
    asked = read_queries(layout.query_files, witness, gallery)
    grades = read_judgements(layout.judgements[split], witness)
    corpus, card, notes = _open_corpus(layout, workspace)
    unknown = _unknown(grades, corpus)
    card, unknown = _rolled(card, corpus, unknown)
    dangling = find_dangling(grades, asked.ids, unknown)
    if not allow_dangling:
        dangling.refuse(layout.judgements[split])
    queries = asked.take([row for row, name in enumerate(asked.ids) if name in grades])
    if not queries:
        raise InputError(
            "none of its queries is among the queries", where=str(layout.judgements[split]), mend="mend the query ids"
        )
    qrels = _qrels(queries, grades, card)
    counts = {"queries": len(asked), f"queries_{split}": len(queries), f"judgements_{split}": len(qrels)}
    _check_counts(card, layout, {"documents": len(corpus), **counts})
    counted = Counter(notes) + witness.counts
    counted["unjudged_queries"] = len(asked) - len(queries)
    counted["empty_queries"] = sum(not (text or queries.images(row)) for row, text in enumerate(queries.texts))
    counted["dangling_judgements"] = len(dangling)
    counted["unknown_queries"] = len(dangling.unknown_queries)
    queries = replace(queries, generations=generations_in(folder))
    return with_modality(Collection(card, split, corpus, queries, qrels, dict(+counted)))


def open_folder_corpus(folder: Path, workspace: Workspace) -> tuple[Corpus, Card, Counts]:
    """The corpus in `folder`, its card, and what was counted while it was read; queries and judgements need not be there.

    The corpus is kept in the workspace under a key made of the files' content and names, and found again by it; where documents
    have pictures, also of the size and the time of change of each.
    Without `card.toml`, or where that names no language, the language is told by count (see `language_of`).
    """
    return _open_corpus(layout_of(folder), workspace)


def _open_corpus(layout: Layout, workspace: Workspace) -> tuple[Corpus, Card, Counts]:
    witness = Witness()
    gallery = Gallery(layout.folder.absolute(), workspace.progress, witness.counts)
    key, pictures = _key(layout, workspace)
    corpus, notes = kept_corpus(
        workspace,
        key,
        lambda: _read(layout, workspace, witness, gallery, pictures),
        where=str(layout.folder),
        places=lambda rows: places_of(layout.corpus, rows),
        counts=lambda: dict(witness.counts),
        root=gallery.root,
        faults=lambda: [message.removeprefix(f"{layout.folder}/") for message in gallery.messages],
    )
    corpus = replace(corpus, faults=tuple(f"{layout.folder}/{fault}" for fault in corpus.faults))
    return corpus, _card(layout.folder, corpus), notes


def _read(
    layout: Layout, workspace: Workspace, witness: Witness, gallery: Gallery, pictures: set[Claim]
) -> Iterator[pa.RecordBatch]:
    gallery.look(sorted(pictures))
    with workspace.progress(f"reading {layout.folder.name}", _bytes(layout.corpus), "B") as advance:
        yield from document_batches(layout.corpus, witness.advancing(advance), gallery)


def _key(layout: Layout, workspace: Workspace) -> tuple[str, set[Claim]]:
    """The digest of the reader's version, and of the name and content of every corpus file, and what stamps the pictures that
    they name; and these.
    """
    parts: list[str] = []
    with workspace.progress(f"checking {layout.folder.name}", _bytes(layout.corpus), "B") as advance:
        for path in layout.corpus:
            try:
                parts += [path.name, file_digest(path)]
            except OSError as problem:
                raise unreadable(path, problem) from problem
            advance(path.stat().st_size)
    pictures = pictures_named(layout.corpus)
    if pictures is None:
        return digest("folder", READER, *parts), set()
    return digest("folder", PICTURE_READER, *parts, stamp(layout.folder, {claim.path for claim in pictures})), pictures


def _bytes(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _card(folder: Path, corpus: Corpus) -> Card:
    name = folder.resolve().name
    card = read_card(folder / CARD_FILE, name=name) if (folder / CARD_FILE).exists() else Card(name)
    if card.language != "unknown":
        return card
    told = language_of(corpus)
    return replace(card, language=told.language, note=f"{card.note} {told.describe()}".strip())


def _unknown(grades: Grades, corpus: Corpus) -> list[str]:
    judged = sorted({document for documents in grades.values() for document in documents})
    return [document for document, row in zip(judged, corpus.rows_of(pa.array(judged, pa.string())), strict=True) if row < 0]


def _rolled(card: Card, corpus: Corpus, unknown: list[str]) -> tuple[Card, list[str]]:
    """The card with its way of ranking parents decided, and the judged ids that are no document and no parent."""
    if corpus.parents is None or card.roll_up == "none":
        return replace(card, roll_up="none"), unknown
    places = pc.index_in(pa.array(unknown, pa.string()), value_set=pc.unique(corpus.parents)).to_pylist()
    still = [name for name, place in zip(unknown, places, strict=True) if place is None]
    return replace(card, roll_up=card.roll_up or ("max" if len(still) < len(unknown) else "none")), still


def _qrels(queries: Queries, grades: Grades, card: Card) -> Qrels:
    ignored = {name: frozenset({name}) for name in queries.ids} if card.drop_same_id else {}
    return Qrels({name: grades[name] for name in queries.ids}, ignored)


def _check_counts(card: Card, layout: Layout, counted: Mapping[str, int]) -> None:
    """Nothing where the card's counts hold; those of other splits wait until they are opened."""
    others = {f"{what}_{split}" for what in ("queries", "judgements") for split in layout.judgements}
    where = str(layout.folder / CARD_FILE)
    for what, expected in card.counts.items():
        if what in counted and counted[what] != expected:
            raise InputError(
                f"the card says {expected:,} {what}, the files {counted[what]:,}", where=where, mend="mend one of them"
            )
        if what not in counted and what not in others:
            known = ", ".join([*counted, *sorted(others - counted.keys())])
            raise InputError(f"the card counts {what!r}, which a folder has not", where=where, mend=f"count any of: {known}")
