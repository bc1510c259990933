"""Pictures as models behind endpoints are sent them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from corpora import ImageRef
from corpora.images import ImageFault

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_RULES = 1
"""The version of the rules by which a picture becomes what is sent; it and LONGEST_SIDE are part of what a text is kept by."""
LONGEST_SIDE = 2048
"""Pixels of the longer side of what is sent; a larger picture is scaled down to that (Lanczos), its shape kept."""
PICTURE_TOKENS = 800
"""What a picture is reckoned at in budgets and estimates: models differ, and none says before it is asked."""
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_DEPTH = 24
"""Where a PNG file says how many bits a channel has."""
_ORIENTATION, _UPRIGHT = 0x0112, 1


@dataclass(frozen=True)
class Sent:
    """A picture as it is sent: its media type, and its bytes."""

    kind: str
    content: bytes


@dataclass(frozen=True)
class Checked:
    """Whether a picture can be sent: `fault` says why not (empty: it can), `scaled` that it is sent smaller than it is."""

    fault: str = ""
    scaled: bool = False


def sent(image: ImageRef) -> Sent:
    """A PNG or JPEG file of one upright picture of 8 bits as it is, told by its content; all else as PNG, 8 bits, RGB.

    Raises ImageFault for a picture that cannot be read.
    """
    content = _content(image)
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")
    deep = kind == "image/png" and content[_DEPTH : _DEPTH + 1] > b"\x08"
    if kind and image.frame == 0 and not deep and _plain(content):
        return Sent(kind, content)
    return Sent("image/png", _png(_scaled(_pixels(image))))


def checked(image: ImageRef) -> Checked:
    """Whether a picture can be sent. Its pixels are decoded, once a process as long as its file stays as it is."""
    try:
        state = Path(image.path).stat()
    except OSError as problem:
        return Checked(str(ImageFault("missing", problem.strerror or str(problem)).what))
    return _checked(image, state.st_mtime_ns, state.st_size)


def picture_rules() -> list[int]:
    """What besides the pictures themselves decides how they are sent."""
    return [PICTURE_RULES, LONGEST_SIDE]


@lru_cache(maxsize=65_536)
def _checked(image: ImageRef, _changed: int, _size: int) -> Checked:
    try:
        return Checked(scaled=max(_pixels(image).size) > LONGEST_SIDE)
    except ImageFault as fault:
        return Checked(fault.what)


def _content(image: ImageRef) -> bytes:
    try:
        return Path(image.path).read_bytes()
    except OSError as problem:
        raise ImageFault("missing", problem.strerror or str(problem), where=image.path) from None


def _plain(content: bytes) -> bool:
    """Whether every server sees in this file what we see: one picture, upright, 8 bits deep, small enough."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content)) as picture:
            one = getattr(picture, "n_frames", 1) == 1 and picture.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT
            return one and max(picture.size) <= LONGEST_SIDE and picture.mode in ("1", "L", "RGB", "RGBA", "P", "LA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def _pixels(image: ImageRef) -> Image:
    from corpora.images.decode import decoded

    return decoded(image)


def _scaled(picture: Image) -> Image:
    """The picture at most LONGEST_SIDE pixels high and wide."""
    from PIL import Image

    longest = max(picture.size)
    if longest <= LONGEST_SIDE:
        return picture
    width, height = (max(1, round(side * LONGEST_SIDE / longest)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _png(picture: Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
