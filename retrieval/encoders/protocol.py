"""What the engine needs of an embedding model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from corpora import Role

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = NDArray[np.float32]
Lengths = NDArray[np.int64]


@dataclass(frozen=True)
class Batching:
    """How large a batch may be: its texts times its longest text is at most `padded` (tokens or bytes), and `texts` texts."""

    padded: int
    texts: int


Modality = Literal["text", "image"]
TEXT_ONLY: frozenset[Modality] = frozenset({"text"})


class Encoder(Protocol):
    """An embedding model of `dim` dimensions, its vectors fit for an inner product: cosine is normalised on the way in.

    `unit` names what `lengths` counts. `longest` is the most of it that the model reads of a text, None where that
    cannot be known. The role of a text is never guessed.
    """

    @property
    def name(self) -> str:
        """What the model is called in messages and results."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions d. May load the model."""
        ...

    @property
    def unit(self) -> str:
        """`tok` or `byte`."""
        ...

    @property
    def batching(self) -> Batching:
        """The size of a batch: part of the batch plan, so it depends on nothing but the model and its options."""
        ...

    @property
    def workers(self) -> int:
        """How many batches may be embedded at a time, each in a thread of its own. May load the model."""
        ...

    @property
    def longest(self) -> int | None:
        """The most units of a text that the model reads; None where that is not known. May load the model."""
        ...

    def identity(self) -> str:
        """sha256 (hex) over all that can move a vector."""
        ...

    def prompt(self, role: Role) -> str:
        """What stands before every text of a role; empty for `plain`."""
        ...

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """How long each text is with its prompt, int64 (n), before anything is cut off."""
        ...

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch, float32 (n, d), C order, finite, none of them zero.

        Raises InputError for a model that breaks this, naming the text by its id where `ids` are given.
        """
        ...

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """How many of the texts are longer than the model reads, and how many units of them are lost."""
        ...

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """The first text exactly as the model is fed it: `prompt`, `text`, and its tokens where there is a tokenizer."""
        ...


class ImageEncoder(Encoder, Protocol):
    """An Encoder that reads pictures; one whose `modalities` lack `text` refuses texts.

    A picture is prepared (scaled, cropped, normalised: part of the identity) in any thread, and a batch of prepared ones is
    embedded. What of `identity`, `workers` and `dim` holds for texts, holds for pictures.
    """

    @property
    def modalities(self) -> frozenset[Modality]:
        """What it reads. Known without loading the model."""
        ...

    @property
    def images_a_batch(self) -> int:
        """How many pictures are embedded at a time: part of the batch plan."""
        ...

    def prepared(self, picture: Image) -> Any:
        """What the model is fed of one decoded picture (8-bit RGB); picklable, thread-safe."""
        ...

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of prepared pictures, float32 (n, d), in the texts' space if it has one; as `encode`."""
        ...


class JointEncoder(ImageEncoder, Protocol):
    """An ImageEncoder that makes one vector of a text and its pictures together."""

    def encode_joint(
        self, texts: Sequence[str], prepared: Sequence[Sequence[Any]], role: Role, ids: Sequence[str] = ()
    ) -> Vectors:
        """The vectors of one batch of texts, each with its prepared pictures, float32 (n, d)."""
        ...


def modalities_of(encoder: Encoder) -> frozenset[Modality]:
    """What an encoder reads: text, where it does not say. No model is loaded."""
    return frozenset(getattr(encoder, "modalities", TEXT_ONLY))


def reads_images(encoder: Encoder) -> TypeGuard[ImageEncoder]:
    """Whether it reads pictures."""
    return "image" in modalities_of(encoder)


def reads_joint(encoder: Encoder) -> TypeGuard[JointEncoder]:
    """Whether it makes one vector of a text with its pictures."""
    return reads_images(encoder) and hasattr(encoder, "encode_joint")
