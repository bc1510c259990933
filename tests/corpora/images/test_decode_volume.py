"""Volumes become slices."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")

from corpora.images import ImageFault, ImageRef
from corpora.images.decode import decoded, look
from corpora.images.volume import evenly

VOLUME = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)


def stretch(values):
    return np.rint((values.astype(np.float64) - values.min()) / (np.float64(values.max()) - values.min()) * 255).astype(np.uint8)


def grey(path, frame):
    return np.asarray(decoded(ImageRef(str(path), frame)))[..., 0].astype(int)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_nifti_slices(tmp_path: Path, name):
    nibabel = pytest.importorskip("nibabel")
    nibabel.Nifti1Image(VOLUME, np.eye(4)).to_filename(tmp_path / name)
    facts = look(tmp_path / name)
    assert (facts.width, facts.height, facts.frames, facts.kind) == (5, 6, 7, "nifti")
    for frame in (0, 6):
        assert np.abs(grey(tmp_path / name, frame) - stretch(VOLUME[:, ::-1, frame].T)).max() <= 1
    with pytest.raises(ImageFault, match="no such frame"):
        decoded(ImageRef(str(tmp_path / name), 7))


def test_a_bomb_and_a_torn_volume(tmp_path: Path):
    nibabel = pytest.importorskip("nibabel")
    header = nibabel.Nifti1Header()
    header.set_data_shape((8000, 8000, 5000))
    header.set_data_dtype(np.float32)
    header["magic"] = b"n+1"
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header.binaryblock + b"\0" * 999))
    with pytest.raises(ImageFault) as caught:
        look(tmp_path / "a.nii.gz")
    assert caught.value.kind == "too-large"
    nibabel.Nifti1Image(VOLUME, np.eye(4)).to_filename(tmp_path / "b.nii.gz")
    whole = (tmp_path / "b.nii.gz").read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ImageFault) as caught:
        decoded(ImageRef(str(tmp_path / "b.nii.gz"), 6))
    assert caught.value.kind == "damaged"


@pytest.mark.parametrize("shape", [(5, 6, 7), (1, 5, 6, 7)])
def test_arrays(tmp_path: Path, shape):
    np.save(tmp_path / "a.npy", VOLUME.reshape(shape))
    assert look(tmp_path / "a.npy").frames == 5
    assert np.array_equal(grey(tmp_path / "a.npy", 3), stretch(VOLUME[3]))
    unit = np.abs(VOLUME) / 8
    np.save(tmp_path / "b.npy", unit.reshape(shape))
    assert np.array_equal(grey(tmp_path / "b.npy", 3), np.rint(unit[3].astype(np.float64) * 255))


def test_objects_and_vectors_are_no_volumes(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    np.save(tmp_path / "b.npy", np.zeros(5))
    for name in ("a.npy", "b.npy"):
        with pytest.raises(ImageFault):
            look(tmp_path / name)


def test_evenly():
    assert evenly(3, 8) == (0, 1, 2)
    assert evenly(10, 1) == (5,)
    assert evenly(100, 4) == (12, 37, 62, 87)
