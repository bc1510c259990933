"""Small made pictures, each of about one colour, and an encoder that reads colours in pictures and in texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import Card
from corpora.images import ImageRef, pinned
from corpora.labelled import LabelledTexts, Labels
from retrieval.encoders.protocol import Batching
from tasks.embedding import EncoderSystem

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


class Colours:
    """The mean colour of a picture, or of the colours that a text names, less grey; four dimensions, not of length 1."""

    name, dim, unit, longest, workers, images_a_batch = "colours", 4, "byte", None, 1, 4
    batching = Batching(1 << 16, 64)
    modalities = frozenset({"text", "image"})

    def identity(self) -> str:
        return hashlib.sha256(f"colours-1 {sorted(self.modalities)}".encode()).hexdigest()

    def prompt(self, role: str) -> str:
        return ""

    def lengths(self, texts: Sequence[str], role: str) -> NDArray[np.int64]:
        return np.array([len(text.encode()) for text in texts], np.int64)

    def encode(self, texts: Sequence[str], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        return self._rows([np.mean([COLOURS.get(word, (90, 90, 90)) for word in text.split()], axis=0) for text in texts])

    def truncated(self, texts: Sequence[str], role: str) -> tuple[int, int]:
        return 0, 0

    def echo(self, texts: Sequence[str], role: str) -> dict[str, Any]:
        return {"text": texts[0]}

    def prepared(self, picture: Any) -> Any:
        return np.asarray(picture, np.float64).reshape(-1, 3).mean(axis=0)

    def encode_images(self, prepared: Sequence[Any], role: str, ids: Sequence[str] = ()) -> NDArray[np.float32]:
        return self._rows(prepared)

    def _rows(self, colours: Sequence[Any]) -> NDArray[np.float32]:
        return np.stack([np.append((np.asarray(one) - 90) / 100, 0.5) for one in colours]).astype(np.float32)


class PicturesOnly(Colours):
    """The same, which reads no text."""

    name, modalities = "pictures-only", frozenset({"image"})


SYSTEM = EncoderSystem("colours", Colours())


def picture(path: Path, colour: str, rng: np.random.Generator, spread: float = 60) -> ImageRef:
    """A PNG of 6 x 5 noisy pixels around a colour that itself strays."""
    from PIL import Image

    centre = np.array(COLOURS[colour]) + rng.normal(0, spread, 3)
    Image.fromarray(np.clip(centre + rng.normal(0, 9, (6, 5, 3)), 0, 255).astype(np.uint8)).save(path)
    return pinned(ImageRef(str(path)))


def damaged(path: Path, seed: int = 1) -> ImageRef:
    """A PNG whose header can be read, and whose pixels cannot."""
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:900])
    return pinned(ImageRef(str(path)))


def labelled_pictures(folder: Path, train: int = 30, test: int = 45, spread: float = 60) -> LabelledTexts:
    """Pictures labelled by the name of their colour, in two splits, without captions."""
    rng, splits = np.random.default_rng(5), {}
    for split, size in (("train", train), ("test", test)):
        names = rng.choice(list(COLOURS), size, p=[0.5, 0.3, 0.2]).tolist()
        images = tuple(picture(folder / f"{split}{row}.png", name, rng, spread) for row, name in enumerate(names))
        splits[split] = Labels(tuple(f"{split}{row}" for row in range(size)), ("",) * size, tuple(names), images=images)
    return LabelledTexts(Card("colours", "en"), splits)


def caption_folder(folder: Path, per_colour: int = 6, spread: float = 12) -> Path:
    """A folder with `captions.jsonl`: the caption names the colour and the number, `colour` and `shade` are fields."""
    (folder / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(6), []
    for colour in COLOURS:
        for number in range(per_colour):
            file = f"images/{colour}{number}.png"
            picture(folder / file, colour, rng, spread)
            shade = "dark" if number % 2 else "light"
            rows.append(
                {"id": f"{colour}{number}", "image": file, "text": f"a {colour} field {number}", "colour": colour, "shade": shade}
            )
    (folder / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
