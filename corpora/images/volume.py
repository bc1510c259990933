"""Volumes as slices: NIfTI (by nibabel) along the third axis, and arrays (.npy) of D,H,W or 1,D,H,W along D.

NIfTI: what the header gives as display range (cal_min, cal_max) becomes 0 to 255, and without one the lowest of the slice becomes
0 and the highest 255. A slice is turned so that the first axis runs to the right and the second up; voxels are not reordered.
Of four axes and more, slices follow each other along the third axis first. Arrays: bytes stay as they are, floats that all lie in
0 to 1 are scaled by 255, others from the lowest to the highest of the slice; nothing is turned.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import missing_extra
from .facts import ContentKind, Facts, checked_frame, checked_frames, checked_size
from .fault import ImageFault
from .shades import stretched, to_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 4 * 2**30
"""The most bytes that a volume in gzip may unpack to: a slice is reached by unpacking what stands in front of it."""


def evenly(frames: int, n: int) -> tuple[int, ...]:
    """At most `n` of the frames 0 to `frames` - 1, ascending and distinct: the middles of n equal stretches."""
    if n >= frames:
        return tuple(range(frames))
    return tuple((2 * place + 1) * frames // (2 * n) for place in range(n))


def look(path: Path, kind: ContentKind, most_pixels: int) -> Facts:
    """The facts of a volume, by its header: `frames` is its number of slices."""
    if kind == "npy":
        return _array_facts(_array(path), most_pixels)
    with _nifti(path) as volume:
        return _nifti_facts(volume, path, most_pixels)


def decoded(path: Path, kind: ContentKind, frame: int, most_pixels: int) -> Image:
    """One slice in mode RGB."""
    from PIL import Image

    shades = _array_slice(path, frame, most_pixels) if kind == "npy" else _nifti_slice(path, frame, most_pixels)
    return Image.fromarray(np.ascontiguousarray(shades)).convert("RGB")


def _array(path: Path) -> np.ndarray[Any, Any]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim == 4 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 3 or array.dtype.kind not in "buif":
        raise ImageFault("not-an-image", f"an array of shape {array.shape} and type {array.dtype}, and not of numbers in D,H,W")
    return array


def _array_facts(array: np.ndarray[Any, Any], most_pixels: int) -> Facts:
    depth, height, width = array.shape
    checked_size(width, height, most_pixels)
    if not depth:
        raise ImageFault("no-pixels", "no slice")
    return Facts(width, height, checked_frames(depth), "npy")


def _array_slice(path: Path, frame: int, most_pixels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    array = _array(path)
    checked_frame(frame, _array_facts(array, most_pixels).frames)
    values = np.array(array[frame])
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1:
        return to_bytes(values, 0, 1)
    return stretched(values)


@contextmanager
def _nifti(path: Path) -> Iterator[Any]:
    try:
        from nibabel import Nifti1Image, Nifti2Image
    except ImportError:
        raise missing_extra("nibabel, which reads NIfTI volumes,", "volumes") from None
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        second = file.read(8)[4:] == b"n+2\0"
        file.seek(0)
        yield (Nifti2Image if second else Nifti1Image).from_stream(file)


def _nifti_facts(volume: Any, path: Path, most_pixels: int) -> Facts:
    width, height, *rest = (*(int(side) for side in volume.shape), 1, 1)
    checked_size(width, height, most_pixels)
    frames = prod(rest)
    if frames < 1:
        raise ImageFault("no-pixels", f"shape {volume.shape}")
    size = width * height * frames * volume.get_data_dtype().itemsize
    if size > MOST_BYTES:
        raise ImageFault("too-large", f"a volume of {size:,} bytes, and at most {MOST_BYTES:,} are read")
    return Facts(width, height, checked_frames(frames), "nifti")


def _nifti_slice(path: Path, frame: int, most_pixels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with _nifti(path) as volume:
        checked_frame(frame, _nifti_facts(volume, path, most_pixels).frames)
        rest = volume.shape[2:]
        place = np.unravel_index(frame, rest, order="F") if rest else ()
        values = np.rot90(np.asarray(volume.dataobj[(slice(None), slice(None), *(int(at) for at in place))]))
        low, high = float(volume.header["cal_min"]), float(volume.header["cal_max"])
    if values.dtype.names:
        return np.stack([values[name] for name in ("R", "G", "B")], axis=-1)
    return to_bytes(values, low, high) if high > low else stretched(values)
