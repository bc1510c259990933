"""DICOM: pydicom's own files, with pydicom as the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("pydicom")
import pydicom
from pydicom.data import get_testdata_files
from pydicom.pixels import apply_modality_lut, apply_windowing, pixel_array

from corpora.images import ImageFault, ImageRef
from corpora.images.decode import decoded, look

FILES = [path for path in map(Path, get_testdata_files()) if path.is_file()]


def named(name: str) -> Path:
    return next(path for path in FILES if path.name == name)


def scaled(values, low, high):
    return np.rint(np.clip((np.asarray(values, np.float64) - low) / (high - low) * 255, 0, 255)).astype(np.uint8)


def grey(path, frame=0):
    return np.asarray(decoded(ImageRef(str(path), frame)))[..., 0]


GREYS = ["CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm",
         "JPEG2000.dcm", "693_J2KI.dcm", "rtdose.dcm", "MR_small_bigendian.dcm"]  # fmt: skip


@pytest.mark.parametrize("name", GREYS)
def test_greys_are_those_of_pydicom_in_its_window(name):
    header = pydicom.dcmread(named(name))
    for frame in range(min(3, int(header.get("NumberOfFrames") or 1))):
        values = apply_modality_lut(pixel_array(named(name), index=frame), header)
        low, high = values.min(), values.max()
        if header.get("WindowWidth") is not None:
            low, high = apply_windowing(np.array([-1e12, 1e12]), header)
            values = apply_windowing(values, header)
        expected = scaled(values, low, high)
        if header.PhotometricInterpretation == "MONOCHROME1":
            expected = 255 - expected
        assert np.array_equal(grey(named(name), frame), expected)


@pytest.mark.parametrize(
    "name",
    ["examples_rgb_color.dcm", "examples_ybr_color.dcm", "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_jpeg.dcm"],
)
def test_colours_are_those_of_pydicom(name):
    frames = look(named(name)).frames
    for frame in {0, frames - 1}:
        expected = pixel_array(pydicom.dcmread(named(name)), index=frame)
        assert np.array_equal(np.asarray(decoded(ImageRef(str(named(name)), frame))), expected)


def test_a_palette_is_looked_up():
    header = pydicom.dcmread(named("examples_palette.dcm"))
    colours = pydicom.pixels.apply_color_lut(header.pixel_array, header)
    deep = colours if colours.dtype == np.uint8 else scaled(colours, 0, 65535)
    assert np.array_equal(np.asarray(decoded(ImageRef(str(named("examples_palette.dcm"))))), deep)


def test_monochrome1_is_inverted(tmp_path: Path):
    header = pydicom.dcmread(named("CT_small.dcm"))
    header.PhotometricInterpretation = "MONOCHROME1"
    header.save_as(tmp_path / "a.dcm")
    assert np.array_equal(grey(tmp_path / "a.dcm"), 255 - grey(named("CT_small.dcm")))


def test_what_holds_no_pixels_and_what_claims_too_many(tmp_path: Path):
    header = pydicom.dcmread(named("CT_small.dcm"))
    header.Rows = header.Columns = 60_000
    header.save_as(tmp_path / "bomb.dcm")
    with pytest.raises(ImageFault) as caught:
        look(tmp_path / "bomb.dcm")
    assert caught.value.kind == "too-large"
    for name in ("rtplan.dcm", "test-SR.dcm"):
        with pytest.raises(ImageFault) as caught:
            decoded(ImageRef(str(named(name))))
        assert caught.value.kind == "no-pixels"
    header = pydicom.dcmread(named("CT_small.dcm"))
    del header.PixelData
    header.save_as(tmp_path / "none.dcm")
    with pytest.raises(ImageFault) as caught:
        decoded(ImageRef(str(tmp_path / "none.dcm")))
    assert caught.value.kind == "no-pixels"
    with pytest.raises(ImageFault, match="no such frame"):
        decoded(ImageRef(str(named("CT_small.dcm")), 1))


@pytest.mark.filterwarnings("ignore")
def test_every_file_of_pydicom_decodes_or_has_a_fault():
    seen = {True: 0, False: 0}
    for path in FILES:
        try:
            seen[decoded(ImageRef(str(path))).mode == "RGB"] += 1
        except ImageFault:
            seen[False] += 1
    assert seen[True] > 80
    assert seen[False] > 10


def test_a_deflated_file_is_read_as_a_whole():
    expected = pixel_array(pydicom.dcmread(named("image_dfl.dcm")))
    assert np.array_equal(grey(named("image_dfl.dcm")), expected)
