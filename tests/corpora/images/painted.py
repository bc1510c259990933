"""Pictures made for the tests, sound and faulty."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def painted(path: Path, seed: int = 0, size: int = 8) -> Path:
    """A picture of noise; equal seeds give equal files."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)).save(path)
    return path


def frames(path: Path, count: int) -> Path:
    """A TIFF of several frames."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    pages = [Image.fromarray(np.full((4, 4), 40 * number, np.uint8)) for number in range(count)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def huge(path: Path, width: int = 60_000, height: int = 60_000) -> Path:
    """A PNG of a few bytes whose header claims billions of pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pieces = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in pieces)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def cut(path: Path, seed: int = 0) -> Path:
    """A picture whose header is sound and whose pixels end in the middle."""
    data = painted(path, seed, size=64).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def lines(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """The records as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
