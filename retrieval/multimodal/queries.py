"""The vectors of queries: parts that are texts, pictures and ready vectors, each with its weight and role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from corpora import ImageRef, InputError, Part, Queries, Role
from corpora.images import FAULTS_NAMED
from corpora.workspace import Workspace

from ..encoders.asymmetric import side_of
from ..encoders.protocol import Encoder, modalities_of, reads_images, reads_joint
from ..vectors.embed import embed
from ..vectors.images import EmbeddedImages, embed_images, embed_joint
from ..vectors.pictures import Joint
from .mixing import Layout, scaled
from .reading import OF_BOTH, Reading
from .text_only import texts_alone

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]
Asked = tuple[int, Part]
"""A query's row, and one of its parts."""


@dataclass
class Found:
    """Vectors of queries as they come together: `vectors` float32 (q, width), counts, and what was wrong with pictures."""

    vectors: NDArray[np.float32]
    notes: dict[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    bad: int = 0

    def blame(self, embedded: EmbeddedImages) -> None:
        """Count and name the pictures that could not be decoded."""
        self.faults, self.bad = (*self.faults, *embedded.faults)[:FAULTS_NAMED], self.bad + len(embedded.bad)


def query_vectors(encoder: Encoder, queries: Queries, reading: Reading, layout: Layout, workspace: Workspace) -> Found:
    """Each query's vector: its texts' vectors summed by weight, mixed with its pictures' as `reading` (settled) says.

    A text or picture is embedded in its part's role, a ready vector is taken as it is. A query without pictures, put to documents
    without any, has the plain sum of its parts; one of which nothing is read has zeros. The notes count queries that
    were cut (and of how much, where every model that read one can say so), and what was not read. Raises InputError for a
    query of which the encoder can read nothing, and a ready vector that is not float32 (width,).
    """
    pictured, form = queries.pictured, reading.queries
    queries, notes = _readable(encoder, queries, form)
    asked = [(row, part) for row, parts in enumerate(queries.parts) for part in parts if part.is_for("dense")]
    images = [(row, part) for row, part in asked if part.image is not None and part.vector is None]
    words = [(row, part) for row, part in asked if part.image is None and part.vector is None]
    ready = [(row, part) for row, part in asked if part.vector is not None]
    if reading.images == "first":
        images = [one for number, one in enumerate(images) if not number or images[number - 1][0] != one[0]]
    found = Found(_ready(queries, ready, layout.width), notes)
    apart = not layout.single
    texts = np.zeros((len(queries), layout.dim), np.float32) if apart else found.vectors
    both = {row for row, _ in images} & {row for row, _ in words} if form == "joint" else set()
    single = [one for one in words if one[0] not in both]
    _add_texts(encoder, queries, single, texts, found, workspace, unit=form == "sum" and pictured)
    if both:
        _add_joint(encoder, queries, [one for one in words if one[0] in both], images, texts, found, workspace)
    if pictured or apart:
        alone = [one for one in images if one[0] not in both]
        seen = _pictures(encoder, queries, alone, layout, found, workspace, unit=layout.unit or form == "sum")
        mixed = layout.mixed(texts, seen, form)
        own = np.isin(np.arange(len(queries)), _rows(images))[:, None]  # no query's vector depends on the others
        found.vectors = found.vectors + mixed if apart else np.where(own, mixed, texts)
    if found.bad:
        found.notes["undecodable_images_in_queries"] = found.bad
    return found


def _readable(encoder: Encoder, queries: Queries, form: str) -> tuple[Queries, dict[str, int]]:
    """The queries less the parts that are not read, and how many had some."""
    reads = modalities_of(encoder)
    if "image" not in reads:
        return texts_alone(queries, "dense", encoder.name)
    if form in OF_BOTH:
        return queries, {}
    left, name = (_is_image, "image") if form == "text" else (_is_text, "text")
    had = [any(map(left, parts)) for parts in queries.parts]
    kept = tuple(tuple(part for part in parts if not left(part)) for parts in queries.parts)
    if "text" not in reads:
        for query, own, rest in zip(queries.ids, had, kept, strict=True):
            if own and not any(part.is_for("dense") for part in rest):
                mend = "give the query a picture, or use a model that reads text"
                raise InputError(f"a query is text, and {encoder.name} reads pictures alone", where=f"query {query!r}", mend=mend)
    return replace(queries, parts=kept), {f"{name}_parts_unread_queries": sum(had)} if any(had) else {}


def _is_image(part: Part) -> bool:
    return part.is_for("dense") and part.vector is None and part.image is not None


def _is_text(part: Part) -> bool:
    return part.is_for("dense") and part.vector is None and part.image is None


def _ready(queries: Queries, ready: Sequence[Asked], width: int) -> NDArray[np.float32]:
    vectors = np.zeros((len(queries), width), np.float32)
    for row, part in ready:
        vector = part.vector
        assert vector is not None
        if vector.shape != (width,) or vector.dtype != np.float32 or not np.isfinite(vector).all():
            what = f"a part's vector is {vector.dtype} {vector.shape}, or not finite"
            raise InputError(what, where=f"query {queries.ids[row]!r}", mend=f"give finite float32 ({width},)")
        vectors[row] += np.float32(part.weight) * scaled(vector[None], np.array([part.unit]))[0]
    return vectors


def _add_texts(
    encoder: Encoder, queries: Queries, words: list[Asked], into: Vectors, found: Found, workspace: Workspace, *, unit: bool
) -> None:
    """Add the vectors of text parts, and count what was cut."""
    cut, lost, by_role = np.zeros(len(queries), bool), 0, _by_role(words)
    for role, asked in by_role.items():
        rows, names = _rows(asked), [queries.ids[row] for row, _ in asked]
        made = embed(encoder, [part.text for _, part in asked], role, workspace, ids=names)
        which = np.array([unit or part.unit for _, part in asked], bool)
        np.add.at(into, rows, _weights(asked)[:, None] * scaled(made.vectors, which))
        cut[rows[made.lost > 0]] = True
        lost += int(made.lost.sum())
    if "text" in modalities_of(encoder):
        readers = [side_of(encoder, role) for role in by_role] or [encoder]
        known = all(reader.unit == "tok" for reader in readers)
        counts = {"truncated_queries": int(cut.sum()), "tokens_lost_in_queries": lost}
        found.notes.update(counts if known else {"truncation_unknown": 1})


def _add_joint(
    encoder: Encoder,
    queries: Queries,
    words: list[Asked],
    images: list[Asked],
    into: Vectors,
    found: Found,
    workspace: Workspace,
) -> None:
    """Add one vector a text part, made of it with all pictures of its query, by the text's weight and role."""
    if not reads_joint(encoder):
        return
    seen: dict[int, list[ImageRef]] = {}
    for row, part in images:
        seen.setdefault(row, []).append(_image(part))
    for role, asked in _by_role(words).items():
        pairs = [Joint(part.text, tuple(seen[row])) for row, part in asked]
        made = embed_joint(encoder, pairs, role, workspace, ids=[queries.ids[row] for row, _ in asked])
        which = np.array([part.unit for _, part in asked], bool)
        np.add.at(into, _rows(asked), _weights(asked)[:, None] * scaled(made.vectors, which))
        found.blame(made)
    found.notes["truncation_unknown"] = 1


def _pictures(
    encoder: Encoder, queries: Queries, images: list[Asked], layout: Layout, found: Found, workspace: Workspace, *, unit: bool
) -> NDArray[np.float32]:
    """The pictures of every query as one row, float32 (q, d or places * d); zeros where it has none."""
    rows = _rows(images)
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    vectors = np.zeros((len(rows), layout.dim), np.float32)
    if reads_images(encoder):
        for role in _by_role(images):
            at = [number for number, (_, part) in enumerate(images) if part.role == role]
            mine, names = [_image(images[number][1]) for number in at], [queries.ids[images[number][0]] for number in at]
            made = embed_images(encoder, mine, role, workspace, ids=names)
            vectors[at] = made.vectors
            found.blame(made)
    if layout.several == "each" and (over := len(set(rows[place >= max(1, layout.places)].tolist()))):
        found.notes["more_pictures_than_places_queries"] = over
    which = np.array([part.unit for _, part in images], bool)
    return layout.pooled(scaled(vectors, which), rows, place, _weights(images), len(queries), unit=unit)


def _by_role(asked: list[Asked]) -> dict[Role, list[Asked]]:
    roles: list[Role] = sorted({part.role for _, part in asked})
    return {role: [one for one in asked if one[1].role == role] for role in roles}


def _rows(asked: Sequence[Asked]) -> Rows:
    return np.array([row for row, _ in asked], np.int64)


def _weights(asked: Sequence[Asked]) -> NDArray[np.float32]:
    return np.array([part.weight for _, part in asked], np.float32)


def _image(part: Part) -> ImageRef:
    assert part.image is not None
    return part.image
