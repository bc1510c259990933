"""How a document's pictures are written in a corpus: their keys in one column, their files in another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from .ref import ImageRef, pinned


def encoded_images(images: Sequence[ImageRef], root: Path | None = None) -> tuple[str, str]:
    """The columns `images` (keys, parted by blanks) and `files` (a JSON list of paths, under `root` where they lie in it).

    Raises ImageFault for a file that has to be hashed and is not there.
    """
    if not images:
        return "", ""
    files = [_under(Path(image.path), root) for image in images]
    return " ".join(pinned(image).key for image in images), orjson.dumps(files).decode()


def decoded_images(keys: str, files: str, root: Path | None) -> tuple[ImageRef, ...]:
    """The pictures that the two columns of a document name."""
    if not keys:
        return ()
    apart = (key.split(":") for key in keys.split(" "))
    paths = (str(root / file) if root else file for file in orjson.loads(files))
    return tuple(ImageRef(path, int(frame), sha256) for path, (sha256, frame) in zip(paths, apart, strict=True))


def _under(path: Path, root: Path | None) -> str:
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else str(path)
