"""Picture encoders whose vectors anybody can compute: colours of quarters; and a decoder that counts."""

from __future__ import annotations

import hashlib
import sys
import threading
import time
import types
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpora import Corpus, ImageRef, corpus_of
from corpora.images import ImageFault, pinned
from corpora.images.column import encoded_images
from retrieval.encoders.protocol import Batching

DIM = 12


def unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length else vector


def text_vector(text: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=DIM)


def picture_vector(path: str | Path) -> np.ndarray:
    """Float64, straight from the file: the mean colours of its four quarters, less 100."""
    from PIL import Image

    pixels = np.asarray(Image.open(path).convert("RGB"), np.float64)
    high, wide = pixels.shape[0] // 2, pixels.shape[1] // 2
    quarters = [pixels[:high, :wide], pixels[:high, wide:], pixels[high:, :wide], pixels[high:, wide:]]
    return np.concatenate([part.mean(axis=(0, 1)) for part in quarters]) - 100


class Colours:
    """Reads texts and pictures, cosine; the batch is of four pictures."""

    name, dim, unit, longest, images_a_batch = "colours", DIM, "byte", None, 4
    batching = Batching(1 << 16, 64)
    modalities = frozenset({"text", "image"})
    similarity = "cosine"
    preprocessing = {"size": "as it is"}
    workers = 1

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.texts: list[str] = []

    def identity(self) -> str:
        return hashlib.sha256(f"{self.name} {self.similarity}".encode()).hexdigest()

    def prompt(self, role: str) -> str:
        return ""

    def lengths(self, texts: Any, role: str) -> np.ndarray:
        return np.array([len(text) for text in texts], np.int64)

    def _length(self, vector: np.ndarray) -> np.ndarray:
        return unit(vector) if self.similarity == "cosine" else vector

    def encode(self, texts: Any, role: str, ids: Any = ()) -> np.ndarray:
        self.texts += texts
        return np.array([self._length(text_vector(text)) for text in texts], np.float32)

    def truncated(self, texts: Any, role: str) -> tuple[int, int]:
        return 0, 0

    def echo(self, texts: Any, role: str) -> dict[str, Any]:
        return {"text": texts[0]}

    def prepared(self, picture: Any) -> Any:
        pixels = np.asarray(picture, np.float64)
        high, wide = pixels.shape[0] // 2, pixels.shape[1] // 2
        quarters = [pixels[:high, :wide], pixels[:high, wide:], pixels[high:, :wide], pixels[high:, wide:]]
        return np.concatenate([part.mean(axis=(0, 1)) for part in quarters]) - 100

    def encode_images(self, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
        self.batches.append(len(prepared))
        return np.array([self._length(one) for one in prepared], np.float32)


class Dot(Colours):
    name, similarity = "dots", "dot"


class Pictures(Colours):
    name, modalities = "pictures", frozenset({"image"})


class Words(Colours):
    name, modalities = "words", frozenset({"text"})


class Joined(Colours):
    """Its joint vector of a text and pictures: text minus the pictures' mean."""

    name = "joined"

    def encode_joint(self, texts: Any, prepared: Any, role: str, ids: Any = ()) -> np.ndarray:
        pairs = zip(texts, prepared, strict=True)
        return np.array([unit(unit(text_vector(text)) - unit(np.mean(own, axis=0))) for text, own in pairs], np.float32)


class Decoder(types.ModuleType):
    """Stands in for `corpora.images.decode`: counts what it decodes, and how many pictures are alive at a time."""

    DECODING = 1

    def __init__(self) -> None:
        super().__init__("corpora.images.decode")
        self.seen: list[str] = []
        self.alive = self.most = 0
        self.lock = threading.Lock()

    def decoded(self, ref: ImageRef) -> Any:
        from PIL import Image, UnidentifiedImageError

        with self.lock:
            self.seen.append(Path(ref.path).name)
        try:
            picture = Image.open(ref.path).convert("RGB")
        except FileNotFoundError:
            raise
        except (UnidentifiedImageError, OSError) as problem:
            raise ImageFault("damaged", str(problem), where=ref.path) from None
        with self.lock:
            self.alive += 1
            self.most = max(self.most, self.alive)
        weakref.finalize(picture, self._gone)
        return picture

    def _gone(self) -> None:
        with self.lock:
            self.alive -= 1


def counting(monkeypatch: Any) -> Decoder:
    decoder = Decoder()
    monkeypatch.setitem(sys.modules, "corpora.images.decode", decoder)
    return decoder


def picture(folder: Path, number: int, size: int = 8) -> ImageRef:
    from PIL import Image

    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{number:03d}.png"
    pixels = np.random.default_rng(number).integers(0, 256, (2, 2, 3), np.uint8).repeat(size // 2, 0).repeat(size // 2, 1)
    Image.fromarray(pixels).save(path)
    return pinned(ImageRef(str(path)))


def broken(folder: Path, name: str = "broken.png") -> ImageRef:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + name.encode())
    return pinned(ImageRef(str(folder / name)))


def corpus_with(rows: list[tuple[str, str, list[ImageRef]]], root: Path | None = None) -> Corpus:
    columns = [encoded_images(images, root) for _, _, images in rows]
    table = {"id": [row[0] for row in rows], "text": [row[1] for row in rows]}
    return corpus_of(pa.table({**table, "images": [one[0] for one in columns], "files": [one[1] for one in columns]}), root=root)


def slowly(decoder: Decoder, seconds: float) -> None:
    """Every picture takes so long to decode."""
    own = decoder.decoded

    def decoded(ref: ImageRef) -> Any:
        time.sleep(seconds)
        return own(ref)

    decoder.decoded = decoded  # type: ignore[method-assign]
