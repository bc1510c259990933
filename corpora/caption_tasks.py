"""Retrieval made of captioned pictures: text to image, image to text, image to image, and a question to its image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from .caption_pairs import Asked, asked_pairs, unasked
from .caption_samples import drawn, first, halves, image_keys, labelled_images, labelled_rows
from .captions import CaptionedImages
from .collection import Card, Collection
from .corpus import Corpus, corpus_of
from .errors import InputError
from .images.column import encoded_images
from .images.modality import with_modality
from .queries import Part, Qrels, Queries

__all__ = [
    "Ranks",
    "drawn",
    "first",
    "halves",
    "image_to_image",
    "image_to_text",
    "labelled_images",
    "question_to_image",
    "ranked",
    "ranks",
    "text_to_image",
]
RANKED_TYPES = ("text-to-image", "image-to-text", "image-to-image", "question-to-image")
MOST_JUDGEMENTS = 20_000_000
"""Judgements of pictures by label that are held at most, some 3 GB; they grow with the square of a label's pictures."""
RECALLS = ("R@1", "R@5", "R@10", "nDCG@10", "RR")
HITS = ("Success@1", "Success@5", "Success@10")
"""Beside RECALLS where a query has several right answers: whether one of them is found, which is what recall at k of one-to-one
protocols says."""
SAME_LABEL = ("nDCG@10", "P@1", "P@10", "AP", "RR")
PAIRS = "qa"


def text_to_image(captions: CaptionedImages) -> Collection:
    """Each text asks, and the pictures alone are the documents; queries and documents have the ids of their pairs.

    Right (grade 1) is every picture whose text is equal to the one that asks, and every one whose pictures are the same: one
    report may belong to several pictures. Pairs without a text do not ask, but are documents. Queries of equal texts share a
    group. Notes: `pairs_without_text`. Raises InputError where no pair has a text.
    """
    asking = _with_text(captions)
    right = _right(captions, asking, range(len(captions)))
    queries = _queries(captions, asking, [(Part(text=captions.texts[row]),) for row in asking], captions.texts)
    return _collection(captions, queries, _corpus(captions, range(len(captions)), pictures=True), right, asking)


def image_to_text(captions: CaptionedImages) -> Collection:
    """Each pair's pictures ask, and the texts alone are the documents, each row's its own even where texts are equal.

    Right is what `text_to_image` says: every equal text, and the texts of the same pictures. Pairs without a text are left
    out. Notes and errors as there.
    """
    asking = _with_text(captions)
    right = _right(captions, asking, asking)
    queries = _queries(captions, asking, [_pictures(captions, row) for row in asking], image_keys(captions))
    return _collection(captions, queries, _corpus(captions, asking, texts=captions.texts), right, asking)


def image_to_image(captions: CaptionedImages, label: str) -> Collection:
    """Each picture asks for the others that have the same `label` (a metadata field); the pictures are the documents.

    The picture itself, and those that equal it, are taken out of its ranking. Queries are sliced by the label.
    Sharing a label is a coarse relevance, which every result says: the note `coarse_labels` counts them.
    Notes: `unlabelled_images` (left out), `queries_without_an_answer` (the only ones of their label: they are documents).
    Raises InputError where no picture has the label, where no two share one, and where the judgements would be too many to hold.
    """
    own = captions.take(labelled_rows(captions, label))
    keys, labels = image_keys(own), [str(fields[label]) for fields in own.metadata]
    same, alike = _rows_by(keys), _rows_by(labels)
    _check_judgements(captions, alike.values())
    right = [[other for other in alike[name] if keys[other] != key] for name, key in zip(labels, keys, strict=True)]
    asking = [row for row, others in enumerate(right) if others]
    if not asking:
        raise InputError(f"no two pictures share the {label}", where=captions.name, mend="use another field")
    queries = _queries(own, asking, [_pictures(own, row) for row in asking], keys)
    card = _measured(own.card, SAME_LABEL)
    card = replace(card, slices=card.slices if label in card.slices else (*card.slices, label))
    ignored = {own.ids[row]: frozenset(own.ids[other] for other in same[keys[row]]) for row in asking}
    qrels = Qrels({own.ids[row]: dict.fromkeys((own.ids[other] for other in right[row]), 1) for row in asking}, ignored)
    notes = {"unlabelled_images": len(captions) - len(own), "queries_without_an_answer": len(own) - len(asking)}
    notes["coarse_labels"] = len(alike)
    corpus = _corpus(own, range(len(own)), pictures=True)
    return with_modality(Collection(card, own.split, corpus, queries, qrels, _counted(own, notes)))


def question_to_image(captions: CaptionedImages, seed: int = 0) -> Collection:
    """One question of each pair asks for its pictures, which are documents together with their caption.

    The metadata field `qa` of a pair lists {question, answer, ...}; one is drawn by the sha256 of seed and id, and that question
    with each answer that the list has to it is taken out of the pair's own caption and those of equal pictures, wherever it
    stands. A pair of whose caption its own question would leave nothing asks nothing. Right is the pair that the question was
    drawn from, and those of equal pictures: another that the question would fit as well counts as wrong. Metadata of a query:
    the further fields of the question.
    Notes: `pairs_without_question`, `questions_not_in_caption` (drawn, but the caption does not hold them: it stays whole).
    Raises InputError where no pair has a question.
    """
    asked, counts = asked_pairs(captions, PAIRS, seed)
    if not asked:
        mend = f'give each picture a field {PAIRS!r}: [{{"question": ..., "answer": ...}}, ...] of two or more'
        raise InputError("no picture has a question to ask", where=captions.name, mend=mend)
    asking, same = sorted(asked), _rows_by(image_keys(captions))
    corpus = _corpus(captions, range(len(captions)), texts=unasked(captions, asked, PAIRS), pictures=True)
    queries = Queries(
        tuple(captions.ids[row] for row in asking),
        tuple((Part(text=asked[row].question),) for row in asking),
        tuple(_fields(captions, row, asked[row]) for row in asking),
        faults=captions.faults,
    )
    right = [same[key] for key in image_keys(captions)]
    found = _collection(captions, queries, corpus, [right[row] for row in asking], asking, counts)
    return replace(found, card=replace(found.card, known_item=True))


def _check_judgements(captions: CaptionedImages, alike: Iterable[Sequence[int]]) -> None:
    """Raise InputError where all pictures of each group as right answers of each other are more than fit in memory."""
    pairs = sum(len(rows) * (len(rows) - 1) for rows in alike)
    if pairs > MOST_JUDGEMENTS:
        what = f"{pairs:,} pairs of pictures share a label, of which {MOST_JUDGEMENTS:,} can be judged"
        raise InputError(what, where=captions.name, mend="draw some of the pictures: --pairs 3000")


def ranked(captions: CaptionedImages, kind: str, label: str = "", seed: int = 0) -> Collection:
    """The collection of one of RANKED_TYPES: `label` is image-to-image's, `seed` question-to-image's. Raises as they do."""
    if kind == "image-to-image":
        return image_to_image(captions, label)
    if kind == "question-to-image":
        return question_to_image(captions, seed)
    return (text_to_image if kind == "text-to-image" else image_to_text)(captions)


class Ranks(NamedTuple):
    """The mean and the median of the places (from 1) at which the first right document stands."""

    mean: float
    median: float


class Ranked(Protocol):
    """Rankings: query i holds documents `docs[offsets[i]:offsets[i+1]]`, best first."""

    queries: tuple[str, ...]
    offsets: NDArray[np.int64]
    docs: pa.Array


def ranks(run: Ranked, collection: Collection) -> Ranks:
    """The ranks that are published for ROCO (PMC-CLIP); a query whose ranking has nothing right counts as the last place."""
    docs, last, places = run.docs.to_pylist(), len(collection.corpus), []
    for name, start, stop in zip(run.queries, run.offsets, run.offsets[1:], strict=False):
        if right := collection.qrels.relevant(name):
            places.append(next((place for place, doc in enumerate(docs[start:stop], 1) if doc in right), last))
    return Ranks(float(np.mean(places)), float(np.median(places)))


def _with_text(captions: CaptionedImages) -> list[int]:
    rows = [row for row, text in enumerate(captions.texts) if text.strip()]
    if not rows:
        raise InputError("no picture has a text", where=captions.name, mend="give them captions, or ask image to image")
    return rows


def _right(captions: CaptionedImages, asking: Sequence[int], documents: Sequence[int]) -> list[list[int]]:
    """For each row that asks the documents of an equal text or of equal pictures, itself among them."""
    there, keys = set(documents), image_keys(captions)
    by_text, by_key = _rows_by(captions.texts), _rows_by(keys)
    return [sorted(there & {*by_text[captions.texts[row]], *by_key[keys[row]]}) for row in asking]


def _rows_by(column: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, value in enumerate(column):
        found.setdefault(value, []).append(row)
    return found


def _pictures(captions: CaptionedImages, row: int) -> tuple[Part, ...]:
    return tuple(Part(image=image) for image in captions.images[row])


def _queries(
    captions: CaptionedImages, rows: Sequence[int], parts: Sequence[tuple[Part, ...]], content: Sequence[str]
) -> Queries:
    """The rows that ask; those of equal content share a group, where there are any."""
    of = captions.take(rows)
    ids: dict[str, str] = {}
    groups = tuple(ids.setdefault(content[row], captions.ids[row]) for row in rows)
    metadata = tuple(_plain(fields) for fields in of.metadata)
    return Queries(of.ids, tuple(parts), metadata, groups if len(ids) < len(rows) else (), faults=captions.faults)


def _corpus(captions: CaptionedImages, rows: Sequence[int], texts: Sequence[str] = (), *, pictures: bool = False) -> Corpus:
    """The rows as documents: with these texts (of all rows), their pictures, or both."""
    of = captions.take(rows)
    encoded = [encoded_images(images if pictures else ()) for images in of.images]
    table = pa.table(
        {
            "id": list(of.ids),
            "text": [texts[row] for row in rows] if texts else [""] * len(rows),
            "images": [keys for keys, _ in encoded],
            "files": [files for _, files in encoded],
            "metadata": [orjson.dumps(_plain(fields), default=str).decode() for fields in of.metadata],
        }
    )
    return replace(corpus_of(table), faults=captions.faults)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != PAIRS}


def _fields(captions: CaptionedImages, row: int, asked: Asked) -> dict[str, Any]:
    return {**_plain(captions.metadata[row]), **asked.fields}


def _collection(
    captions: CaptionedImages,
    queries: Queries,
    corpus: Corpus,
    right: Sequence[Sequence[int]],
    asking: Sequence[int],
    notes: Mapping[str, int] | None = None,
) -> Collection:
    grades = {name: dict.fromkeys((captions.ids[row] for row in rows), 1) for name, rows in zip(queries.ids, right, strict=True)}
    card = _measured(captions.card, RECALLS + HITS if any(len(rows) > 1 for rows in right) else RECALLS)
    counts = {"pairs_without_text": len(captions) - len(asking)} if notes is None else notes
    return with_modality(Collection(card, captions.split, corpus, queries, Qrels(grades), _counted(captions, counts)))


def _measured(card: Card, measures: tuple[str, ...]) -> Card:
    """The card with these measures, the first the main one, unless it names its own."""
    return card if card.measures != Card.measures else replace(card, measures=measures, main=measures[0])


def _counted(captions: CaptionedImages, notes: Mapping[str, int]) -> dict[str, int]:
    return dict(+(Counter(captions.notes) + Counter(notes)))
