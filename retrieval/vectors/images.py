"""Pictures to vectors: kept ones are found again, the others decoded in threads that run ahead of the model, made and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora import ImageRef, Role
from corpora.images import FAULTS, FAULTS_NAMED
from corpora.workspace import Workspace

from ..encoders.protocol import ImageEncoder, JointEncoder
from .fill import filled, gathered
from .picture_work import KINDS, ImageWork, JointWork
from .pictures import Joint, ListedJoint, ListedPictures, Pictures
from .store import Store
from .texts import Rows, Source


@dataclass(frozen=True)
class EmbeddedImages:
    """Vectors float32 (n, d), in memory or memory-mapped; `faults`, what is wrong with the first 20 pictures that could not be
    decoded, and `bad` int64, the rows of all of them: such a picture's vector is zero, a text's is made without it.
    """

    vectors: NDArray[np.float32]
    faults: tuple[str, ...] = ()
    bad: Rows = field(default_factory=lambda: np.empty(0, np.int64))


def embed_images(
    encoder: ImageEncoder,
    images: Pictures | Sequence[ImageRef],
    role: Role,
    workspace: Workspace,
    *,
    ids: Sequence[str] = (),
    into: Path | None = None,
) -> EmbeddedImages:
    """The vectors of n pictures in a role, in their order; equal pictures are embedded once, kept ones are not even decoded.

    `ids` name the pictures' owners in messages; `into` is as for `embed`. A picture that cannot be decoded has a row of zeros,
    which is kept too. Every finished batch is on the disk before the next one starts. Raises ImageFault for a file that is not
    there, InputError for one that is not what it was when it was hashed or that the model gives no usable vector.
    """
    many: Pictures = images if isinstance(images, Source) else ListedPictures(images, ids)
    store, places = keep_images(encoder, many, role, workspace)
    vectors = gathered(store, places, store.dim or encoder.dim, into)
    return EmbeddedImages(vectors, faults_of(many, store, places), np.flatnonzero(store.lost[places]))


def embed_joint(
    encoder: JointEncoder,
    pairs: Source[Joint] | Sequence[Joint],
    role: Role,
    workspace: Workspace,
    *,
    ids: Sequence[str] = (),
) -> EmbeddedImages:
    """The vectors of n texts, each with its pictures, made and kept in the same way; none of them is zero."""
    many: Source[Joint] = pairs if isinstance(pairs, Source) else ListedJoint(pairs, ids)
    store, places = keep_joint(encoder, many, role, workspace)
    vectors = gathered(store, places, store.dim or encoder.dim, None)
    return EmbeddedImages(vectors, faults_of(many, store, places), np.flatnonzero(store.lost[places]))


def keep_images(encoder: ImageEncoder, images: Pictures, role: Role, workspace: Workspace) -> tuple[Store, Rows]:
    """The store of an encoder and role once it holds all n pictures, and the place of each there, int64 (n)."""
    return filled(ImageWork(encoder, images, role), workspace)


def keep_joint(encoder: JointEncoder, pairs: Source[Joint], role: Role, workspace: Workspace) -> tuple[Store, Rows]:
    """The store of an encoder and role once it holds all n texts with their pictures, and the place of each there, int64 (n)."""
    return filled(JointWork(encoder, pairs, role), workspace)


def faults_of(items: Source[ImageRef] | Source[Joint], store: Store, places: Rows) -> tuple[str, ...]:
    """What is wrong with the first 20 of n items at some places of the store: `d7: scan.png: the picture cannot be decoded`."""
    numbers = store.lost[places]
    rows = np.flatnonzero(numbers)[:FAULTS_NAMED]
    owners = items.ids(rows) or [f"picture {row}" for row in rows.tolist()]
    return tuple(map(_named, owners, items.take(rows), (numbers[rows] - 1).tolist()))


def _named(owner: str, item: ImageRef | Joint, number: int) -> str:
    place, kind = divmod(number, len(KINDS))
    image = item.images[place] if isinstance(item, Joint) else item
    frame = f", frame {image.frame}" if image.frame else ""
    return f"{owner}: {Path(image.path).name}{frame}: {FAULTS[KINDS[kind]][0]}"
