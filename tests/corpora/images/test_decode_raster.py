"""Raster files become the pixels that NumPy says they are."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from corpora.images import ImageRef
from corpora.images.decode import decoded, frames_of, look
from corpora.images.shown import as_png, thumbnail

RAMP = (np.arange(12 * 16).reshape(12, 16) * 300 + 1000).astype(np.uint16)
COLOURS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


def stretch(values):
    low, high = float(values.min()), float(values.max())
    return np.rint((values.astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)


def pixels(path, frame=0):
    picture = decoded(ImageRef(str(path), frame))
    assert picture.mode == "RGB"
    return np.asarray(picture)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_stretched_and_never_clipped(tmp_path: Path, ending):
    Image.fromarray(RAMP).save(tmp_path / f"a.{ending}")
    got = pixels(tmp_path / f"a.{ending}")
    assert np.array_equal(got, np.repeat(stretch(RAMP)[..., None], 3, axis=2))
    assert (got == 255).mean() < 0.05


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_deep_tiffs(tmp_path: Path, dtype):
    values = (RAMP.astype(dtype) - 20000) / (1 if dtype == "int32" else 7)
    Image.fromarray(values.astype(dtype)).save(tmp_path / "a.tif")
    assert np.array_equal(pixels(tmp_path / "a.tif")[..., 1], stretch(values.astype(dtype)))


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_colours_are_kept(tmp_path: Path, ending):
    Image.fromarray(COLOURS).save(tmp_path / f"a.{ending}")
    assert np.array_equal(pixels(tmp_path / f"a.{ending}"), COLOURS)


def test_the_format_is_told_by_content(tmp_path: Path):
    Image.fromarray(COLOURS).save(tmp_path / "a.dcm", "WEBP", lossless=True)
    assert look(tmp_path / "a.dcm").kind == "webp"
    assert np.array_equal(pixels(tmp_path / "a.dcm"), COLOURS)


def test_alpha_lies_on_white_and_palettes_are_looked_up(tmp_path: Path):
    clear = np.zeros((2, 2, 4), np.uint8)
    clear[0, 0] = (10, 20, 30, 255)
    Image.fromarray(clear).save(tmp_path / "a.png")
    assert pixels(tmp_path / "a.png")[0, 0].tolist() == [10, 20, 30]
    assert pixels(tmp_path / "a.png")[1, 1].tolist() == [255, 255, 255]
    palette = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), "L").convert("P")
    palette.putpalette([9, 8, 7, 200, 100, 50])
    palette.putdata([0, 1, 1, 0])
    palette.save(tmp_path / "p.png")
    assert pixels(tmp_path / "p.png")[0].tolist() == [[9, 8, 7], [200, 100, 50]]


def test_exif_turns_the_picture(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(pixels(tmp_path / "a.png"), np.rot90(COLOURS, -1))


def test_cmyk(tmp_path: Path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.tif")
    assert pixels(tmp_path / "a.tif")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("ending", ["tif", "gif"])
def test_pages(tmp_path: Path, ending):
    pages = [Image.new("L", (8, 6), 40 * n) for n in range(4)]
    pages[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=pages[1:])
    assert look(tmp_path / f"a.{ending}").frames == 4
    assert [pixels(ref.path, ref.frame)[0, 0, 0] for ref in frames_of(tmp_path / f"a.{ending}")] == [0, 40, 80, 120]


def test_threads_agree_and_pillow_does_not_warn(tmp_path: Path):
    Image.new("1", (9000, 8800)).save(tmp_path / "a.png")
    Image.fromarray(COLOURS).save(tmp_path / "b.png")
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert look(tmp_path / "a.png").width == 9000
        with ThreadPoolExecutor(8) as pool:
            assert all(np.array_equal(got, COLOURS) for got in pool.map(pixels, [tmp_path / "b.png"] * 40))
    assert limit == Image.MAX_IMAGE_PIXELS


def test_shown(tmp_path: Path):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    ref = ImageRef(str(tmp_path / "a.png"))
    assert np.array_equal(np.asarray(Image.open(BytesIO(as_png(ref)))), pixels(tmp_path / "a.png"))
    small = Image.open(BytesIO(thumbnail(ref, 8)))
    assert small.format == "JPEG"
    assert small.size == (8, 6)
