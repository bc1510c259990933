"""From a decoded picture to the array that a backbone is fed: scaled, cut to a square, normalised; by Pillow and NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from corpora import UsageError
from corpora.registry import suggest

if TYPE_CHECKING:
    from PIL.Image import Image

Crop = Literal["centre", "whole", "pad"]
Mode = Literal["rgb", "grey"]
Resample = Literal["nearest", "bilinear", "bicubic", "lanczos"]
CHOICES: Mapping[str, tuple[str, ...]] = {"crop": get_args(Crop), "mode": get_args(Mode), "resample": get_args(Resample)}
OPTIONS = ("size", *CHOICES)
MOST_SIDE = 4096
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Scaling:
    """How a picture becomes a square of `size` pixels a side.

    `crop`: `centre` cuts out the middle, a square of `kept` of the shorter side, and scales it; `whole` scales both sides to
    `size`, whatever the shape; `pad` scales the longer side to `size` and puts black around. `mode` `grey` takes the colour away
    first (ITU-R 601-2 luma). Values of 0 to 255 then become (value - mean) / deviation, channel by channel.
    """

    size: int
    crop: Crop = "centre"
    mode: Mode = "rgb"
    resample: Resample = "bicubic"
    kept: float = 0.875
    mean: Colour = (127.5, 127.5, 127.5)
    deviation: Colour = (127.5, 127.5, 127.5)

    def __call__(self, picture: Image) -> NDArray[np.float32]:
        """What the model is fed of a picture (8-bit RGB), float32 (3, size, size)."""
        square = np.asarray(self.square(as_mode(picture, self.mode)), np.float32)
        values = (square - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1))

    def square(self, picture: Image) -> Image:
        """The picture as a square of `size` pixels a side."""
        how, size = resampling(self.resample), (self.size, self.size)
        if self.crop == "whole":
            return picture.resize(size, how)
        if self.crop == "pad":
            return padded(picture).resize(size, how)
        return self._centre(picture)

    def _centre(self, picture: Image) -> Image:
        cut = max(1, int(self.kept * min(picture.size)))
        left, top = ((side - cut + 1) // 2 for side in picture.size)
        return picture.crop((left, top, left + cut, top + cut)).resize((self.size, self.size), resampling(self.resample))

    def as_json(self) -> dict[str, Any]:
        """All of it, for an identity."""
        return asdict(self)

    def changed(self, options: Mapping[str, Any], where: str) -> Scaling:
        """The same, but for what the options `size`, `crop`, `mode` and `resample` say. Raises UsageError for anything else."""
        chosen = asdict(self)
        for key, value in options.items():
            chosen[key] = _read(key, str(value), where)
        return Scaling(**chosen)


def padded(picture: Image) -> Image:
    """The picture in the middle of a black square of its longer side."""
    from PIL import ImageOps

    side = max(picture.size)
    return ImageOps.pad(picture, (side, side), color=(0, 0, 0)) if picture.size != (side, side) else picture


def as_mode(picture: Image, mode: str) -> Image:
    """The picture in RGB, with or without its colours."""
    return picture.convert("L").convert("RGB") if mode == "grey" else picture


def resampling(name: str) -> Any:
    """What Pillow calls it."""
    from PIL import Image

    return getattr(Image.Resampling, name.upper())


def choice(key: str, value: str, known: tuple[str, ...], where: str) -> str:
    """The value of an option, if it is one of those known. Raises UsageError."""
    if value not in known:
        raise UsageError(f"{key}={value} is not known", where=where, mend=f"one of: {', '.join(known)}")
    return value


def count(key: str, value: str, most: int, where: str) -> int:
    """The whole number of an option, 1 to `most`. Raises UsageError."""
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= most:
        what = f"{key}={value} is not a whole number from 1 to {most}"
        raise UsageError(what, where=where, mend=f"for example: {key}={min(224, most)}")
    return int(value)


def _read(key: str, value: str, where: str) -> str | int:
    if key == "size":
        return count(key, value, MOST_SIDE, where)
    if key not in CHOICES:
        raise UsageError(f"a picture is not scaled by {key!r}", where=where, mend=suggest(key, sorted(OPTIONS)))
    return choice(key, value, CHOICES[key], where)
