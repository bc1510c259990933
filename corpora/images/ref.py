"""Pictures are named, never held: a path and a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..state import file_digest
from .fault import ImageFault


@dataclass(frozen=True)
class ImageRef:
    """One picture: its file and, in a file of several, the frame (from 0); of a volume, the slice.

    `sha256` (hex) is that of the file; empty where it was not taken yet (see `pinned`).
    """

    path: str
    frame: int = 0
    sha256: str = ""

    @property
    def key(self) -> str:
        """What tells pictures apart wherever they lie: the hash of the file, and the frame. Reads the file where it has to."""
        return f"{pinned(self).sha256}:{self.frame}"


def pinned(image: ImageRef) -> ImageRef:
    """The picture with the hash of its file. Raises ImageFault for a file that is not there."""
    if image.sha256:
        return image
    try:
        return replace(image, sha256=file_digest(Path(image.path)))
    except OSError as problem:
        raise ImageFault("missing", problem.strerror or str(problem), where=image.path) from None
