"""From a picture file to pixels: the one door.

The format is told by content. Limits are held against the header before a pixel is decoded. Whatever fails becomes an
ImageFault that names file and frame. Safe to call from many threads; nothing is kept. The rules: `raster.py`, `dicom.py`,
`volume.py`; a change of any of them raises DECODING.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import MedirError, SurroundingsError, missing_extra
from .facts import MOST_PIXELS, Facts, kind_of
from .fault import ImageFault
from .ref import ImageRef

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DECODING", "MOST_PIXELS", "Facts", "decoded", "frames_of", "look"]

DECODING = 1
"""The version of the decoding rules: part of the identity of every encoder of pictures."""
_DETAIL = 200

Made = TypeVar("Made")


def decoded(ref: ImageRef, *, most_pixels: int = MOST_PIXELS) -> Image:
    """The pixels of one picture: mode RGB, 8 bit. Raises ImageFault, and SurroundingsError where a package is missing."""
    return _guarded(Path(ref.path), ref.frame, lambda path: _decoded(path, ref.frame, most_pixels))


def look(path: str | Path, *, most_pixels: int = MOST_PIXELS) -> Facts:
    """Size, frames and format by the headers alone. Raises as `decoded` does, for what a header shows."""
    return _guarded(Path(path), 0, lambda path: _looked(path, most_pixels))


def frames_of(path: str | Path) -> Iterator[ImageRef]:
    """A reference to each frame of a file, in order; nothing is decoded. Raises as `look` does."""
    for frame in range(look(path).frames):
        yield ImageRef(str(path), frame)


def _decoded(path: Path, frame: int, most_pixels: int) -> Image:
    from . import dicom, raster, volume

    try:
        from PIL import Image as _  # noqa: F401
    except ImportError:
        raise missing_extra("Pillow, which decodes pictures,", "images") from None
    kind = kind_of(path)
    if kind == "dicom":
        return dicom.decoded(path, frame, most_pixels)
    if kind in ("nifti", "npy"):
        return volume.decoded(path, kind, frame, most_pixels)
    return raster.decoded(path, kind, frame, most_pixels)


def _looked(path: Path, most_pixels: int) -> Facts:
    from . import dicom, raster, volume

    kind = kind_of(path)
    if kind == "dicom":
        return dicom.look(path, most_pixels)
    if kind in ("nifti", "npy"):
        return volume.look(path, kind, most_pixels)
    return raster.look(path, kind, most_pixels)


def _guarded(path: Path, frame: int, read: Callable[[Path], Made]) -> Made:
    where = f"{path}, frame {frame}" if frame else str(path)
    try:
        _checked_file(path)
        return read(path)
    except ImageFault as fault:
        raise ImageFault(fault.kind, fault.detail, where=where) from None
    except MedirError:
        raise
    except MemoryError:
        raise SurroundingsError("there is no memory to decode this picture", where=where, mend="free some") from None
    except Exception as problem:  # decoders raise whatever they like at damaged files
        if isinstance(problem, OSError) and problem.errno is not None:
            raise ImageFault("missing", problem.strerror or str(problem), where=where) from None
        raise ImageFault("damaged", _said(problem), where=where) from None


def _checked_file(path: Path) -> None:
    if path.is_dir():
        raise ImageFault("not-an-image", "it is a folder")
    if not path.exists():
        raise ImageFault("missing")
    if not path.is_file():
        raise ImageFault("not-an-image", "it is no regular file")


def _said(problem: Exception) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text if len(text) <= _DETAIL else text[: _DETAIL - 1] + "…"
