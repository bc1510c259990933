"""Every bad file has its message."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from corpora.images import ImageFault, ImageRef
from corpora.images.decode import decoded, look


def fault(path, frame=0, **options) -> ImageFault:
    with pytest.raises(ImageFault) as caught:
        decoded(ImageRef(str(path), frame), **options)
    assert str(path) in caught.value.where
    return caught.value


def png_header(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def test_no_file_no_picture(tmp_path: Path):
    assert fault(tmp_path / "none.png").kind == "missing"
    assert fault(tmp_path).kind == "not-an-image"
    (tmp_path / "text.png").write_text("The heart is of normal size.")
    assert fault(tmp_path / "text.png").kind == "not-an-image"
    (tmp_path / "empty.png").write_bytes(b"")
    assert "empty" in fault(tmp_path / "empty.png").what
    os.mkfifo(tmp_path / "pipe.png")
    assert fault(tmp_path / "pipe.png").kind == "not-an-image"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "a.png").chmod(0)
    assert "ermission" in fault(tmp_path / "a.png").what


def test_a_huge_header_is_refused_before_decoding(tmp_path: Path):
    (tmp_path / "bomb.png").write_bytes(png_header(60_000, 60_000))
    assert fault(tmp_path / "bomb.png").kind == "too-large"
    with pytest.raises(ImageFault, match="60,000 x 60,000"):
        look(tmp_path / "bomb.png")
    Image.new("L", (10, 10)).save(tmp_path / "a.png")
    assert fault(tmp_path / "a.png", most_pixels=99).kind == "too-large"


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "gif", "webp"])
def test_a_truncated_file_is_damaged(tmp_path: Path, ending):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert fault(path).kind == "damaged"


def test_no_such_frame(tmp_path: Path):
    Image.new("L", (10, 10)).save(tmp_path / "a.png")
    for frame in (1, 99, -1):
        assert fault(tmp_path / "a.png", frame).kind == "no-such-frame"
