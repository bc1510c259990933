"""The vectors of documents with pictures, written a few thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpora.images import FAULTS_NAMED
from corpora.workspace import Workspace

from ..encoders.protocol import Encoder, reads_images, reads_joint
from ..vectors.embed import keep
from ..vectors.fill import mapped
from ..vectors.images import faults_of, keep_images, keep_joint
from ..vectors.pictures import CorpusJoint, CorpusPictures
from ..vectors.store import Store
from ..vectors.texts import BLOCK, CorpusTexts, Rows, Some
from .mixing import Layout, scaled
from .reading import Reading, is_cosine


@dataclass(frozen=True)
class Kept:
    """Vectors in a store: place int64 (N) of each item there, -1 where it has none."""

    store: Store
    places: Rows

    @classmethod
    def of(cls, found: tuple[Store, Rows], rows: Rows, size: int) -> Kept:
        """What was kept of the items at some rows, of as many as `size`."""
        places = np.full(size, -1, np.int64)
        places[rows] = found[1]
        return cls(found[0], places)

    def add_to(self, out: NDArray[np.float32], rows: slice) -> None:
        """Set the rows of `out` float32 (n, d) that have a vector here, of the items `rows`."""
        places = self.places[rows]
        has = places >= 0
        if has.any():
            out[has] = self.store.take(places[has])

    def lost(self) -> Rows:
        """What is kept beside each vector, int64."""
        return self.store.lost[self.places[self.places >= 0]]


@dataclass(frozen=True)
class Documents:
    """What is read of N documents, all of it embedded: texts, joint vectors, pictures (and where those of each start)."""

    encoder: Encoder
    texts: CorpusTexts
    reading: Reading
    alone: Kept | None
    joint: Kept | None
    pictures: Kept | None
    gallery: CorpusPictures
    faults: tuple[str, ...]

    @classmethod
    def embedded(cls, encoder: Encoder, texts: CorpusTexts, reading: Reading, workspace: Workspace) -> Documents:
        """Embed, resumably, what `reading` (settled) reads of the documents: no empty text is read where there are pictures."""
        size, form, first = len(texts), reading.documents, reading.images == "first"
        gallery = CorpusPictures(texts.corpus, first)
        counts, worded = np.diff(gallery.starts), _worded(texts) & (form != "image")
        both = worded & (counts > 0) & (form == "joint")
        alone = joint = pictures = None
        faults: tuple[str, ...] = ()
        rows = np.flatnonzero(worded & ~both)
        if len(rows):
            alone = Kept.of(keep(encoder, Some(texts, rows), "document", workspace), rows, size)
        rows = np.flatnonzero(both)
        if len(rows) and reads_joint(encoder):
            pairs = CorpusJoint(texts, rows, first)
            found = keep_joint(encoder, pairs, "document", workspace)
            joint, faults = Kept.of(found, rows, size), faults_of(pairs, *found)
        rows = np.flatnonzero(np.repeat(~both, counts)) if form != "text" else np.empty(0, np.int64)
        if len(rows) and reads_images(encoder):
            some = Some(gallery, rows)
            seen = keep_images(encoder, some, "document", workspace)
            pictures, faults = Kept.of(seen, rows, len(gallery)), (*faults, *faults_of(some, *seen))[:FAULTS_NAMED]
        return cls(encoder, texts, reading, alone, joint, pictures, gallery, faults)

    def layout(self, *, unit: bool) -> Layout:
        """Where things stand in the vectors."""
        most = int(np.diff(self.gallery.starts).max(initial=0))
        apart, places = self.reading.slots(max(1, most) if self.reading.images == "each" else 1)
        return Layout(self.encoder.dim, apart, places, self.reading.images, unit)

    def write(self, path: Path, layout: Layout) -> NDArray[np.float32]:
        """All vectors, float32 (N, width), in a file and memory-mapped; a row of zeros is a document without one."""
        size = len(self.texts)
        with open(path, "wb") as file:
            for start in range(0, size, BLOCK):
                file.write(np.ascontiguousarray(self._block(slice(start, min(start + BLOCK, size)), layout)).data)
        return mapped(path, size, layout.width)

    def _block(self, rows: slice, layout: Layout) -> NDArray[np.float32]:
        size, form = rows.stop - rows.start, self.reading.documents
        unit = layout.unit or form == "sum"
        texts = np.zeros((size, layout.dim), np.float32)
        for kept in (self.alone, self.joint):
            if kept:
                kept.add_to(texts, rows)
        starts = self.gallery.starts[rows.start : rows.stop + 1]
        among = slice(int(starts[0]), int(starts[-1]))
        counts = np.diff(starts)
        vectors = np.zeros((among.stop - among.start, layout.dim), np.float32)
        if self.pictures:
            self.pictures.add_to(vectors, among)
        owner = np.repeat(np.arange(size), counts)
        place = np.arange(len(owner)) - np.repeat(starts[:-1] - starts[0], counts)
        pictures = layout.pooled(vectors, owner, place, np.ones(len(owner), np.float32), size, unit=unit)
        return layout.mixed(scaled(texts) if form == "sum" else texts, pictures, form)

    @property
    def notes(self) -> dict[str, int]:
        """How many texts were cut, and of how much; how many pictures could not be decoded."""
        cut = self.alone.lost() if self.alone else np.empty(0, np.int64)
        notes: dict[str, int] = {}
        if self.alone and self.encoder.unit == "tok":
            notes = {"truncated_documents": int((cut > 0).sum()), "tokens_lost_in_documents": int(cut.sum())}
        if self.joint or (self.alone and self.encoder.unit != "tok"):
            notes["truncation_unknown"] = 1
        bad = sum(int((kept.lost() > 0).sum()) for kept in (self.joint, self.pictures) if kept)
        return {**notes, **({"undecodable_images": bad} if bad else {})}


def _worded(texts: CorpusTexts) -> NDArray[np.bool_]:
    """Which documents have a text that is not blank, bool (N)."""
    blocks = texts.corpus.blocks("joined" if texts.rule == "pair" else texts.rule, BLOCK)
    lengths = [pc.utf8_length(pc.utf8_trim_whitespace(block)).to_numpy() for block in blocks]
    return np.concatenate([np.empty(0, bool), *(length > 0 for length in lengths)]).astype(bool)


def layout_of(manifest: Mapping[str, Any], encoder: Encoder, reading: Reading) -> Layout:
    """Where things stand in the vectors of a kept index: in one place, where it does not say."""
    dim, apart, places = manifest.get("layout", (int(manifest["dim"]), False, 0))
    return Layout(dim, apart, places, reading.images, is_cosine(encoder))


def with_a_vector(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows of float32 (N, d) are not all zeros, bool (N), read a few thousand at a time."""
    blocks = [vectors[start : start + BLOCK].any(axis=1) for start in range(0, len(vectors), BLOCK)]
    return np.concatenate([np.empty(0, bool), *blocks])
