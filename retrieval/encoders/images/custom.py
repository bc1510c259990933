"""Anybody's class that reads pictures: `modalities`, one more method, perhaps a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from corpora import InputError, Role
from corpora.images.decode import DECODING

from ..custom import CustomEncoder, attribute_problem, read_by, two_digits
from ..protocol import Lengths, Modality, Vectors
from ..rows import accepted, unit_rows
from .backbone import MEND
from .canaries import canary_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES_A_BATCH = 16


def custom_encoder(model: Any, where: str, options: tuple[tuple[str, str], ...] = ()) -> CustomEncoder:
    """The adapter of a user's model: of texts, of pictures, or of both. Raises InputError for a model that cannot be taken."""
    if attribute_problem(model) or "image" not in read_by(model):
        return CustomEncoder(model, where, options)
    return (JointCustomEncoder if hasattr(model, "encode_joint") else CustomImageEncoder)(model, where, options)


@dataclass(frozen=True)
class CustomImageEncoder(CustomEncoder):
    """A user's model of pictures, and perhaps of texts, seen as an ImageEncoder.

    It has `modalities`, ("image",) or ("text", "image"), and `encode_images` (a list of PIL pictures, 8-bit RGB, to float32
    (n, dim)), whatever the role; it prepares them itself. `images_a_batch` is its own, or 16.
    """

    @property
    def modalities(self) -> frozenset[Modality]:
        """What the class says."""
        return read_by(self.model)

    @property
    def images_a_batch(self) -> int:
        """How many pictures are handed to it at a time."""
        return int(getattr(self.model, "images_a_batch", IMAGES_A_BATCH))

    def _more(self) -> list[Any]:
        return [sorted(self.modalities), DECODING]

    def _seen(self) -> list[bytes]:
        texts = super()._seen() if "text" in self.modalities else []
        return [*texts, two_digits(self.encode_images(canary_pictures(), "document"))]

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """UTF-8 bytes of each text, int64 (n). Raises InputError where the class reads no text."""
        self._must_read_texts()
        return super().lengths(texts, role)

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of texts, float32 (n, d). Raises InputError where the class reads no text."""
        self._must_read_texts(ids)
        return super().encode(texts, role, ids)

    def prepared(self, picture: Image) -> Any:
        """The picture."""
        return picture

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of pictures, float32 (n, d)."""
        names = list(ids) or [str(place) for place in range(len(prepared))]
        made = self._called("encode_images", list(prepared))
        return self._scaled(accepted(made, names, self.dim, f"{self.where}, encode_images", kind="picture"))

    def _scaled(self, vectors: Vectors) -> Vectors:
        return unit_rows(vectors) if self.model.similarity == "cosine" else vectors

    def _must_read_texts(self, ids: Sequence[str] = ()) -> None:
        if "text" not in self.modalities:
            _refuse(self.name, self.where, ids)


@dataclass(frozen=True)
class JointCustomEncoder(CustomImageEncoder):
    """One that has `encode_joint`, too: texts and, for each, a list of pictures, to float32 (n, dim)."""

    def encode_joint(
        self, texts: Sequence[str], prepared: Sequence[Sequence[Any]], role: Role, ids: Sequence[str] = ()
    ) -> Vectors:
        """The vectors of one batch of texts, each with its pictures, float32 (n, d)."""
        made = self._called("encode_joint", list(texts), [list(pictures) for pictures in prepared])
        return self._scaled(accepted(made, texts, self.dim, f"{self.where}, encode_joint", ids))


def _refuse(name: str, where: str, ids: Sequence[str]) -> NoReturn:
    first = f" ({ids[0]!r})" if ids else ""
    raise InputError(f"{name} reads pictures alone, and was given text{first}", where=where, mend=MEND)
