"""Folders of sentence-transformers or transformers that read texts and pictures: the CLIP family, and models of both at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpora import Role, UsageError
from corpora.images.decode import DECODING
from corpora.state import digest_json

from ..model_folder import POOLINGS, ModelFolder
from ..protocol import Lengths, Modality, Vectors
from ..rows import accepted, unit_rows
from ..sentence import SentenceEncoder, option
from .folders import folder_kind
from .scaling import CHOICES, as_mode, choice, count, padded

if TYPE_CHECKING:
    from PIL.Image import Image

    from .pictured_model import PicturedModel

BOTH: frozenset[Modality] = frozenset({"text", "image"})
PICTURE_OPTIONS: Mapping[str, tuple[str, ...]] = {"crop": ("own", "pad", "whole"), "mode": CHOICES["mode"]}
OWN = {"crop": "own", "mode": "rgb"}
IMAGES_A_BATCH, MOST_A_BATCH = 8, 4096
WHOLE_SIDE = 512


@dataclass(frozen=True)
class PicturedEncoder(SentenceEncoder):
    """A model with one space for texts and for pictures, seen as an ImageEncoder.

    Options: those of a SentenceEncoder (`pooling` where the model's tokens have to be pooled), `crop` (`own`: as the folder's
    preprocessor says; `pad`: made square by black edges first; `whole`: scaled to 512 x 512 first, so that nothing is cut off),
    `mode` (rgb, grey) and `images_a_batch`. Texts and pictures are prepared by the model's own processor, on Pillow and NumPy.
    """

    modalities = BOTH

    @classmethod
    def open(cls, path: Path, options: Mapping[str, Any], name: str = "") -> PicturedEncoder:
        """The encoder of a folder. Raises InputError for a folder that holds none, UsageError for wrong options."""
        folder, chosen = ModelFolder(path), {key: _read(key, value, str(path)) for key, value in options.items()}
        pools = folder.is_bare and folder_kind(path) == "joint"
        if pools and "pooling" not in chosen:
            mend = f"say it: pooling={' or pooling='.join(POOLINGS)}"
            raise UsageError("the model does not say how its tokens become one vector", where=str(path), mend=mend)
        if not pools and "pooling" in chosen:
            raise UsageError("the model names its own pooling", where=str(path), mend="leave out pooling=")
        encoder = cls(folder, name or path.name, chosen)
        encoder._check()
        return encoder

    @property
    def images_a_batch(self) -> int:
        """How many pictures are embedded at a time."""
        return int(self.options.get("images_a_batch", IMAGES_A_BATCH))

    @cached_property
    def _identity(self) -> str:
        texts = SentenceEncoder(self.folder, self.name, self.options).identity()
        pictures = {key: self.options.get(key, own) for key, own in OWN.items()}
        return digest_json({"adapter": "pictured-1", "decoding": DECODING, "pictures": pictures, "texts": texts})

    @property
    def _pictured(self) -> PicturedModel:
        return cast("PicturedModel", self._loaded)

    @cached_property
    def _model(self) -> Any:
        from .pictured_model import PicturedModel

        return PicturedModel.load(self.folder, self.options, self.prompts)

    def lengths(self, texts: Sequence[str], role: Role) -> Lengths:
        """Tokens of each text with its prompt and what a message puts around it, int64 (n), before anything is cut off."""
        return super().lengths(texts, role) + self._pictured.around

    def encode(self, texts: Sequence[str], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of texts, float32 (n, d)."""
        values = self._pictured.embedded([{"text": text} for text in texts], self.prompt(role))
        return self._scaled(accepted(values, texts, self.dim, self._place, ids))

    def prepared(self, picture: Image) -> Any:
        """What the model is fed of one decoded picture: arrays; the picture itself where the model reads it as a message."""
        return self._pictured.prepared(self._framed(picture))

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of prepared pictures, float32 (n, d)."""
        values = self._pictured.of_pictures(prepared, self.prompt(role))
        return self._scaled(accepted(values, _names(prepared, ids), self.dim, self._place, kind="picture"))

    def _framed(self, picture: Image) -> Image:
        picture, crop = as_mode(picture, str(self.options.get("mode", "rgb"))), self.options.get("crop", "own")
        if crop == "pad":
            return padded(picture)
        return picture.resize((WHOLE_SIDE, WHOLE_SIDE)) if crop == "whole" else picture

    def _scaled(self, vectors: Vectors) -> Vectors:
        return unit_rows(vectors) if self.similarity == "cosine" else vectors


@dataclass(frozen=True)
class JointSentenceEncoder(PicturedEncoder):
    """A PicturedEncoder that makes one vector of a text and its pictures together, in one message."""

    def prepared(self, picture: Image) -> Any:
        """The picture, framed: the model's processor reads it with its text."""
        return self._framed(picture)

    def encode_images(self, prepared: Sequence[Any], role: Role, ids: Sequence[str] = ()) -> Vectors:
        """The vectors of one batch of pictures without text, float32 (n, d)."""
        values = self._pictured.embedded([{"image": picture} for picture in prepared], self.prompt(role))
        return self._scaled(accepted(values, _names(prepared, ids), self.dim, self._place, kind="picture"))

    def encode_joint(
        self, texts: Sequence[str], prepared: Sequence[Sequence[Any]], role: Role, ids: Sequence[str] = ()
    ) -> Vectors:
        """The vectors of one batch of texts, each with its pictures (those without any as texts), float32 (n, d)."""
        fed = [_together(text, pictures) for text, pictures in zip(texts, prepared, strict=True)]
        values = self._pictured.embedded(fed, self.prompt(role))
        return self._scaled(accepted(values, texts, self.dim, self._place, ids))


def _together(text: str, pictures: Sequence[Any]) -> dict[str, Any]:
    if not pictures:
        return {"text": text}
    given = {"image": pictures[0] if len(pictures) == 1 else list(pictures)}
    return {"text": text, **given} if text else given


def _names(prepared: Sequence[Any], ids: Sequence[str]) -> list[str]:
    return list(ids) or [str(place) for place in range(len(prepared))]


def _read(key: str, value: Any, where: str) -> str | int:
    if key == "images_a_batch":
        return count(key, str(value), MOST_A_BATCH, where)
    return choice(key, str(value), PICTURE_OPTIONS[key], where) if key in PICTURE_OPTIONS else option(key, value)
