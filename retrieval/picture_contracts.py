"""What encoders of pictures are put to: made pictures, in colours and shapes that differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.errors import missing_extra

from .contracts import Subject

if TYPE_CHECKING:
    from PIL.Image import Image

FEW, ALL = 4, 24


def picture_subject(encode: Callable[[list[Any]], Any], dim: int) -> Subject:
    """A function from PIL pictures to vectors, and what it is put to."""
    made = pictures()
    awkward = {"a picture of one pixel": _flat(1, 1), "a picture of one colour": _flat(40, 40), "a long strip": _flat(900, 6)}
    return Subject({"encode_images": encode}, dim, "picture", made[:FEW], made, awkward)


def joint_subject(encode: Callable[[list[str], list[list[Any]]], Any], dim: int) -> Subject:
    """A function from texts, each with a list of pictures, to vectors, and what it is put to."""
    made = [(f"finding {number}", [picture]) for number, picture in enumerate(pictures())]
    two = ("a text with two pictures", [made[0][1][0], made[1][1][0]])

    def apart(items: list[Any]) -> Any:
        return encode([text for text, _ in items], [list(own) for _, own in items])

    return Subject(
        {"encode_joint": apart}, dim, "pair", made[:FEW], made, {two[0]: two, "a picture without text": ("", two[1][:1])}
    )


def pictures() -> list[Image]:
    """24 pictures of noise and stripes, of six shapes; the same at every call. Raises SurroundingsError without Pillow."""
    try:
        from PIL import Image
    except ImportError as problem:
        raise missing_extra("Pillow, which makes the pictures,", "images") from problem
    draw, shapes = np.random.default_rng(7), ((64, 64), (48, 80), (90, 40), (32, 32), (120, 100), (31, 57))
    arrays = []
    for number in range(ALL):
        height, width = shapes[number % len(shapes)]
        array = draw.integers(0, 256, (height, width, 3), np.uint8)
        array[:, : width // 2] = draw.integers(0, 256, 3)
        array[:: 2 + number % 5] //= 2
        arrays.append(array)
    return [Image.fromarray(array) for array in arrays]


def _flat(width: int, height: int) -> Image:
    from PIL import Image

    return Image.new("RGB", (width, height), (130, 60, 200))
