"""PNG, JPEG, TIFF, BMP, GIF and WebP, by Pillow.

Pillow's format classes are called directly: the limit on pixels is ours, and its global limit and warning have no part in it.
Only the first picture of a JPEG with several (MPO) is read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import missing_extra
from .facts import MOST_FRAMES, ContentKind, Facts, checked_frame, checked_frames, checked_size
from .fault import ImageFault
from .shades import stretched

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_DEEP = ("I", "F")
_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")


def look(path: Path, kind: ContentKind, most_pixels: int) -> Facts:
    """The facts of a raster file, by its headers."""
    with closing(_opened(path, kind, most_pixels)) as picture:
        width, height = picture.size
        return Facts(width, height, checked_frames(_frames(picture, kind)), kind)


def decoded(path: Path, kind: ContentKind, frame: int, most_pixels: int) -> Image:
    """One frame in mode RGB, upright (EXIF), laid on white where it has alpha.

    Greys of 16 or 32 bits and floats: the lowest value becomes 0 and the highest 255 (`shades.stretched`); bitmaps, palettes,
    CMYK, YCbCr and LAB as Pillow converts them. Embedded colour profiles are not applied.
    """
    from PIL import ImageOps

    with closing(_opened(path, kind, most_pixels)) as picture:
        _sought(picture, kind, frame)
        checked_size(*picture.size, most_pixels)
        picture.load()
        return ImageOps.exif_transpose(_rgb(picture))


def _rgb(picture: Image) -> Image:
    from PIL import Image

    if picture.mode.startswith(_DEEP):
        return _keeping_exif(Image.fromarray(stretched(_array(picture))).convert("RGB"), picture)
    if picture.mode in _ALPHA or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        ground.alpha_composite(whole)
        return _keeping_exif(ground.convert("RGB"), picture)
    return _keeping_exif(picture.convert("RGB"), picture)


def _array(picture: Image) -> Any:
    import numpy as np

    return np.asarray(picture)


def _keeping_exif(made: Image, source: Image) -> Image:
    exif = source.getexif()
    made.info = {}
    made.getexif()[_ORIENTATION] = exif.get(_ORIENTATION, 1)
    return made


_ORIENTATION = 0x0112


def _opened(path: Path, kind: ContentKind, most_pixels: int) -> ImageFile:
    if kind == "webp":
        checked_size(*_webp_size(path), most_pixels)
    picture = _reader(kind)(path)
    try:
        checked_size(*picture.size, most_pixels)
    except ImageFault:
        picture.close()
        raise
    return picture


def _reader(kind: ContentKind) -> Callable[[Path], ImageFile]:
    try:
        from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
    except ImportError:
        raise missing_extra("Pillow, which decodes pictures,", "images") from None
    readers: dict[str, Callable[[Path], ImageFile]] = {
        "png": PngImagePlugin.PngImageFile,
        "jpeg": JpegImagePlugin.JpegImageFile,
        "tiff": TiffImagePlugin.TiffImageFile,
        "bmp": BmpImagePlugin.BmpImageFile,
        "gif": GifImagePlugin.GifImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
    }
    return readers[kind]


def _frames(picture: ImageFile, kind: ContentKind) -> int:
    if kind != "tiff":
        return int(getattr(picture, "n_frames", 1))
    for frame in range(MOST_FRAMES + 1):
        try:
            picture.seek(frame)
        except EOFError:
            return frame
    return MOST_FRAMES + 1


def _sought(picture: ImageFile, kind: ContentKind, frame: int) -> None:
    if frame == 0:
        return
    try:
        if not 0 < frame < MOST_FRAMES:
            raise EOFError
        picture.seek(frame)
    except EOFError:
        checked_frame(frame, _frames(picture, kind))
        raise


def _webp_size(path: Path) -> tuple[int, int]:
    """Width and height by the first chunk: the class of Pillow makes room for the canvas as soon as it is called."""
    with path.open("rb") as file:
        head = file.read(30)
    if len(head) < 30:
        raise ImageFault("damaged", "the file ends in its header")
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
