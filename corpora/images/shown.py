"""Pictures for pages and for generators."""

from __future__ import annotations

from io import BytesIO

from .decode import decoded
from .ref import ImageRef

JPEG_QUALITY = 85


def as_png(ref: ImageRef) -> bytes:
    """The picture as `decoded` gives it, as a PNG file. Raises as `decoded` does."""
    out = BytesIO()
    decoded(ref).save(out, "PNG")
    return out.getvalue()


def thumbnail(ref: ImageRef, side: int) -> bytes:
    """The picture as a JPEG file of at most `side` pixels a side, never enlarged. Raises as `decoded` does."""
    out = BytesIO()
    picture = decoded(ref)
    picture.thumbnail((side, side))
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
