"""What the head of a picture file tells, and the limits that are held against it before a pixel is decoded."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .fault import ImageFault

MOST_PIXELS = 80_000_000
"""The most pixels of one picture; just under the count from which Pillow warns of bombs."""
MOST_FRAMES = 10_000
"""The most frames of one file."""
_HEAD = 352

ContentKind = Literal["png", "jpeg", "tiff", "bmp", "gif", "webp", "dicom", "nifti", "npy"]
_STARTS: tuple[tuple[bytes, ContentKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"BM", "bmp"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x93NUMPY", "npy"),
)
_BARE_DICOM = (b"\x02\x00", b"\x08\x00", b"\x00\x08", b"\x00\x02")


@dataclass(frozen=True)
class Facts:
    """Width and height in pixels as stored (of the first frame), the number of frames or slices, and the format by content."""

    width: int
    height: int
    frames: int
    kind: ContentKind


def checked_size(width: int, height: int, most_pixels: int) -> None:
    """Nothing; raises ImageFault (`too-large`, `no-pixels`) for a size that must not be decoded."""
    if width < 1 or height < 1:
        raise ImageFault("no-pixels", f"{width} x {height}")
    if width * height > most_pixels:
        raise ImageFault("too-large", f"{width:,} x {height:,} pixels, and at most {most_pixels:,} are decoded")


def checked_frames(frames: int) -> int:
    """The number of frames; raises ImageFault (`too-large`) where a file has more than MOST_FRAMES."""
    if frames > MOST_FRAMES:
        raise ImageFault("too-large", f"{frames:,} frames, and at most {MOST_FRAMES:,} are read")
    return frames


def checked_frame(frame: int, frames: int) -> None:
    """Nothing; raises ImageFault (`no-such-frame`)."""
    if not 0 <= frame < frames:
        raise ImageFault("no-such-frame", f"{frame:,} of {frames:,}")


def kind_of(path: Path) -> ContentKind:
    """The format of a file by its first bytes, whatever its name ends in. Raises ImageFault (`not-an-image`)."""
    head = _head(path)
    if not head:
        raise ImageFault("not-an-image", "it is empty")
    if head[128:132] == b"DICM":  # before all others: its first 128 bytes may be the head of a TIFF
        return "dicom"
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0":
        return "nifti"
    if head[:2] in _BARE_DICOM:
        return "dicom"
    raise ImageFault("not-an-image", f"it starts with {head[:8]!r}")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:2] != b"\x1f\x8b":
        return head
    try:
        with gzip.open(path) as unpacked:
            return unpacked.read(_HEAD)
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise ImageFault("damaged", str(problem)) from None
