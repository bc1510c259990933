"""Pictures on their way to a model: threads decode and prepare a few batches ahead of it, and never more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpora import ImageRef, InputError, Role
from corpora.images import ImageFault
from corpora.images.fault import Kind
from corpora.state import file_digest
from corpora.workspace import Workspace

from ..encoders.protocol import Batching, ImageEncoder, JointEncoder, Lengths
from .fill import PLURAL, Made, Vectors, in_halves
from .pictures import Joint
from .texts import Rows, Source
from .workers import ahead, as_finished

AHEAD = 2
"""How many batches are being decoded before the model is ready for them."""
MOST_THREADS = 16
KINDS: tuple[Kind, ...] = ("missing", "not-an-image", "too-large", "no-pixels", "damaged", "no-such-frame")
"""The kinds of faults, numbered from 1 in this order where vectors are kept: never to be put in another one."""
SMALLER = "give a smaller batch (images_a_batch), or a smaller model"


class Begun(NamedTuple):
    """A batch that is being decoded: its items, their names, and per item its pictures on their way."""

    items: Sequence[Any]
    ids: Sequence[str]
    pictures: list[list[Future[Any]]]

    def prepared(self) -> list[list[Any]]:
        """What the model is fed of each item's pictures, or the fault of one; waits for them, and lets go of them."""
        done = [[one.result() for one in own] for own in self.pictures]
        self.pictures.clear()
        return done


@dataclass(frozen=True)
class ImageWork:
    """Pictures, and the encoder that embeds them: see `Work`."""

    encoder: ImageEncoder
    items: Source[Any]
    role: Role

    @property
    def before(self) -> tuple[str, ...]:
        """No text's key begins so: `image` is no role."""
        return "image", self.role

    @property
    def head(self) -> Mapping[str, str]:
        """What the items are."""
        return {"items": "pictures"}

    @property
    def batching(self) -> Batching:
        """So many pictures."""
        return Batching(self.encoder.images_a_batch, self.encoder.images_a_batch)

    @property
    def shown(self) -> tuple[str, str]:
        """Pictures are counted."""
        return f"embedding pictures of {PLURAL[self.role]}", "img"

    def sizes(self, workspace: Workspace) -> tuple[Lengths, Lengths]:
        """One a picture, and nothing cut off."""
        return np.ones(len(self.items), np.int64), np.zeros(len(self.items), np.int64)

    def made(self, batches: Iterator[Rows], first: Rows) -> Iterator[Made]:
        """Every batch: its pictures decoded by a pool of threads, then embedded by one of the encoder's workers."""
        pool = ThreadPoolExecutor(threads(), "decode")

        def begin(batch: Rows) -> Begun:
            items = self.items.take(first[batch])
            pictures = [[pool.submit(prepared, self.encoder, image) for image in self._images(item)] for item in items]
            return Begun(items, self.items.ids(first[batch]), pictures)

        try:
            for (batch, _), (vectors, faults) in as_finished(self._embedded, ahead(begin, batches, AHEAD), self.encoder.workers):
                yield Made(batch, vectors, faults)
        finally:
            pool.shutdown(cancel_futures=True)

    def _embedded(self, begun: tuple[Rows, Begun]) -> tuple[Vectors, Rows]:
        items, ids, _ = begun[1]
        fed = begun[1].prepared()
        faults = np.array([_number(own) for own in fed], np.int64)
        sound = [[one for one in own if not isinstance(one, ImageFault)] for own in fed]
        vectors = np.zeros((len(items), self.encoder.dim), np.float32)

        def name(row: int) -> str:
            return str(ids[row]) if ids else f"item {row} of a batch"

        def chosen(rows: Rows) -> tuple[list[Any], list[list[Any]], list[str]]:
            at = rows.tolist()
            return [items[row] for row in at], [sound[row] for row in at], [ids[row] for row in at] if ids else []

        for encode, rows in self._ways(np.array([bool(own) for own in sound], bool)):
            if len(rows):
                vectors[rows] = in_halves(partial(_of, encode, chosen), rows, name, "picture", SMALLER)
        return vectors, faults

    def _ways(self, pictured: Any) -> list[tuple[Any, Rows]]:
        """How to embed which items of a batch: a picture that could not be decoded stays zero."""
        return [(self._encoded, np.flatnonzero(pictured))]

    def _encoded(self, items: list[Any], fed: list[list[Any]], ids: list[str]) -> Vectors:
        return self.encoder.encode_images([own[0] for own in fed], self.role, ids)

    def _images(self, item: Any) -> tuple[ImageRef, ...]:
        return (item,)


@dataclass(frozen=True)
class JointWork(ImageWork):
    """Texts with their pictures, and the encoder that makes one vector of both: see `Work`."""

    encoder: JointEncoder

    @property
    def before(self) -> tuple[str, ...]:
        """No text's key begins so: `joint` is no role."""
        return "joint", self.role, self.encoder.prompt(self.role)

    @property
    def head(self) -> Mapping[str, str]:
        """What the items are, and the prompt."""
        return {"items": "texts with pictures", "prompt": self.encoder.prompt(self.role)}

    def sizes(self, workspace: Workspace) -> tuple[Lengths, Lengths]:
        """The pictures of each text; what is cut off the texts cannot be known."""
        counts = [max(1, len(pair.images)) for pair in self._all()]
        return np.array(counts, np.int64), np.zeros(len(counts), np.int64)

    def _all(self) -> Iterator[Joint]:
        for start in range(0, len(self.items), self.batching.texts):
            yield from self.items.take(np.arange(start, min(start + self.batching.texts, len(self.items))))

    def _ways(self, pictured: Any) -> list[tuple[Any, Rows]]:
        return [(self._encoded, np.flatnonzero(pictured)), (self._encoded_alone, np.flatnonzero(~pictured))]

    def _encoded(self, items: list[Any], fed: list[list[Any]], ids: list[str]) -> Vectors:
        return self.encoder.encode_joint([pair.text for pair in items], fed, self.role, ids)

    def _encoded_alone(self, items: list[Any], fed: list[list[Any]], ids: list[str]) -> Vectors:
        return self.encoder.encode([pair.text for pair in items], self.role, ids)

    def _images(self, item: Any) -> tuple[ImageRef, ...]:
        images: tuple[ImageRef, ...] = item.images
        return images


def _of(encode: Callable[..., Vectors], chosen: Callable[[Rows], tuple[Any, ...]], rows: Rows) -> Vectors:
    return encode(*chosen(rows))


def threads() -> int:
    """How many pictures are decoded at a time: one a core, 16 at most."""
    return min(MOST_THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def prepared(encoder: ImageEncoder, image: ImageRef) -> Any:
    """What the model is fed of a picture, or the ImageFault that says why it cannot be decoded.

    Raises ImageFault for a file that is not there, InputError for one that has changed since it was hashed: neither must be
    kept under the picture's key.
    """
    from corpora.images.decode import decoded

    try:
        if image.sha256 and _sum(image.path, *_stamp(image.path)) != image.sha256:
            mend = "put the file back, or read the folder again"
            raise InputError("the file has changed since its hash was taken", where=image.path, mend=mend)
        return encoder.prepared(decoded(image))
    except OSError as problem:
        raise ImageFault("missing", problem.strerror or str(problem), where=image.path) from None
    except ImageFault as fault:
        if fault.kind == "missing":
            raise
        return fault


def _stamp(path: str) -> tuple[int, int]:
    seen = Path(path).stat()
    return seen.st_mtime_ns, seen.st_size


@lru_cache(1024)
def _sum(path: str, modified: int, size: int) -> str:
    """The hash of a file as it is now, taken once for all the frames that are read of it."""
    return file_digest(Path(path))


def _number(fed: Sequence[Any]) -> int:
    """0 where all pictures of an item are sound, else the place of the first that is not times the kinds, and its kind from 1."""
    at = next((place for place, one in enumerate(fed) if isinstance(one, ImageFault)), None)
    return 0 if at is None else at * len(KINDS) + KINDS.index(fed[at].kind) + 1
