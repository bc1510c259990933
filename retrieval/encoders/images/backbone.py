"""Vision backbones: all that an encoder of pictures alone needs, but for what differs from model to model."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Role, UsageError
from corpora.images.decode import DECODING
from corpora.state import digest_json

from ..protocol import Batching, Lengths, Modality, Vectors
from ..rows import SIMILARITIES, accepted, unit_rows
from .scaling import choice, count

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_ONLY: frozenset[Modality] = frozenset({"image"})
IMAGES_A_BATCH, MOST_A_BATCH = 8, 4096
MEND = (
    "name an encoder of texts for them (dense:minilm), one of both (a CLIP folder, or what `medir train projection` writes), "
    "or pictures on both sides: dense:ENCODER(documents=image, queries=image)"
)


class Features(Protocol):
    """A backbone in memory."""

    @property
    def dim(self) -> int:
        """Dimensions d."""
        ...

    @property
    def workers(self) -> int:
        """How many batches at a time are worth while."""
        ...

    def __call__(self, prepared: Sequence[Any]) -> NDArray[np.float32]:
        """The pooled features of one batch, float32 (n, d), computed by one thread."""
        ...


class Backbone(Protocol):
    """What differs from one vision backbone to another."""

    @property
    def where(self) -> str:
        """What messages name."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """All that can move a vector, as JSON: digests of files, and how a picture is prepared. Loads no model."""
        ...

    def prepared(self, picture: Image) -> Any:
        """What the model is fed of one picture (8-bit RGB)."""
        ...

    def loaded(self) -> Features:
        """The model, once it gives what its own library gives. Raises InputError or SurroundingsError."""
        ...


@dataclass(frozen=True)
class BackboneEncoder:
    """A vision backbone seen as an ImageEncoder; it reads no text. `unit` and `batching` speak of texts and mean nothing here.

    Options: `similarity` (`cosine` unless given) and `images_a_batch`; those of the backbone are its maker's.
    """

    backbone: Backbone
    name: str
    similarity: str = "cosine"
    images_a_batch: int = IMAGES_A_BATCH
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    modalities = IMAGE_ONLY
    unit = "byte"
    batching = Batching(1, 1)
    longest = None

    @classmethod
    def of(cls, backbone: Backbone, name: str, options: Mapping[str, Any]) -> BackboneEncoder:
        """The encoder with its own options. Raises UsageError for others."""
        unknown = sorted(set(options) - {"similarity", "images_a_batch"})
        if unknown:
            mend = "its options: similarity, images_a_batch, and how pictures are scaled"
            raise UsageError(f"a vision backbone has no option {unknown[0]!r}", where=backbone.where, mend=mend)
        similarity = choice("similarity", str(options.get("similarity", "cosine")), SIMILARITIES, backbone.where)
        batch = count("images_a_batch", str(options.get("images_a_batch", IMAGES_A_BATCH)), MOST_A_BATCH, backbone.where)
        return cls(backbone, name, similarity, batch)

    def unscaled(self) -> BackboneEncoder:
        """The encoder whose vectors are as the model makes them, for classifiers and distances."""
        return replace(self, similarity="dot")

    def identity(self) -> str:
        """sha256 (hex) over the backbone's facts, the decoding rules and the similarity; no model is loaded."""
        return self._identity

    @cached_property
    def _identity(self) -> str:
        rules = {"adapter": "backbone-1", "decoding": DECODING, "similarity": self.similarity}
        return digest_json({**rules, "backbone": dict(self.backbone.facts())})

    @property
    def _loaded(self) -> Features:
        with self._lock:
            return self._model

    @cached_property
    def _model(self) -> Features:
        return self.backbone.loaded()

    @property
    def dim(self) -> int:
        """Dimensions d; loads the model."""
        return self._loaded.dim

    @property
    def workers(self) -> int:
        """One batch a core, each by one thread; loads the model."""
        return self._loaded.workers

    def prepared(self, picture: Image) -> Any:
        """What the model is fed of one decoded picture."""
        return self.backbone.prepared(picture)

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of prepared pictures, float32 (n, d)."""
        names = list(ids) or [str(place) for place in range(len(prepared))]
        vectors = accepted(self._loaded(prepared), names, self.dim, self.backbone.where, kind="picture")
        return unit_rows(vectors) if self.similarity == "cosine" else vectors

    def prompt(self, role: Role) -> str:
        """Empty: there are no texts."""
        return ""

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """Raises InputError: it reads no text."""
        self._refuse(texts)

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """Raises InputError: it reads no text."""
        self._refuse(texts, ids)

    def truncated(self, texts: Sequence[str], role: Role) -> tuple[int, int]:
        """Raises InputError: it reads no text."""
        self._refuse(texts)

    def echo(self, texts: Sequence[str], role: Role) -> dict[str, Any]:
        """Raises InputError: it reads no text."""
        self._refuse(texts)

    def _refuse(self, texts: Sequence[str], ids: Sequence[str] = ()) -> NoReturn:
        first = f" ({ids[0]!r})" if ids else ""
        raise InputError(f"{self.name} reads pictures alone, and was given text{first}", where=self.backbone.where, mend=MEND)
