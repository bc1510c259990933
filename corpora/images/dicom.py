"""DICOM, by pydicom: one frame at a time.

Greys go through the modality LUT (or rescale) and the VOI LUT or the first window that the file recommends, of the frame where
it has its own; what the window can give becomes 0 to 255. Without a window, unsigned values of at most 8 bits that no modality
LUT changes keep their scale, and of others the lowest of the frame becomes 0 and the highest 255. MONOCHROME1 is inverted.
Colours: palettes are looked up, YBR becomes RGB, deeper ones are scaled from BitsStored. Overlays are not drawn.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import missing_extra
from .facts import Facts, checked_frame, checked_frames, checked_size
from .fault import ImageFault
from .shades import stretched, to_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_OWN = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
_RESCALE = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
_DEFLATED = "1.2.840.10008.1.2.1.99"
_MOST_INFLATED = 2**30
_PREAMBLE, _LENGTH_ELEMENT = 132, 12
_FAR = np.array([-1e15, 1e15])


def look(path: Path, most_pixels: int) -> Facts:
    """The facts of a DICOM file, by its header."""
    return _facts(_header(path), most_pixels)


def decoded(path: Path, frame: int, most_pixels: int) -> Image:
    """One frame in mode RGB."""
    from PIL import Image

    header = _header(path)
    checked_frame(frame, _facts(header, most_pixels).frames)
    _checked_decoder(header)
    values = _stored(path, frame)
    if values.ndim == 3:
        grey = to_bytes(values, 0, 2 ** int(header.BitsStored) - 1) if values.dtype != np.uint8 else values
        return Image.fromarray(np.ascontiguousarray(grey[..., :3])).convert("RGB")
    if header.PhotometricInterpretation == "PALETTE COLOR":
        return Image.fromarray(_coloured(values, header))
    return Image.fromarray(_grey(values, _of_frame(header, frame))).convert("RGB")


def _stored(path: Path, frame: int) -> np.ndarray[Any, Any]:
    """The stored values of a frame: read by themselves, else (deflated files, pixels in odd places) from the whole file."""
    from pydicom import dcmread
    from pydicom.pixels import pixel_array

    try:
        return np.asarray(pixel_array(path, index=frame))
    except (AttributeError, ValueError):
        whole = dcmread(path, force=True)
    if not any(name in whole for name in _PIXELS):
        raise ImageFault("no-pixels", str(whole.get("Modality") or ""))
    return np.asarray(pixel_array(whole, index=frame))


def _header(path: Path) -> Any:
    try:
        from pydicom import dcmread
    except ImportError:
        raise missing_extra("pydicom, which reads DICOM,", "images") from None
    _checked_deflation(path)
    try:
        header = dcmread(path, force=True, stop_before_pixels=True)
    except Exception as problem:  # whatever pydicom says of bytes that are no DICOM
        raise ImageFault("not-an-image", str(problem)) from None
    if not len(header) and not len(header.file_meta):
        raise ImageFault("not-an-image", "no DICOM element can be read")
    return header


def _facts(header: Any, most_pixels: int) -> Facts:
    width, height = int(header.get("Columns") or 0), int(header.get("Rows") or 0)
    if not width or not height:
        raise ImageFault("no-pixels", "no Rows and Columns")
    checked_size(width, height, most_pixels)
    return Facts(width, height, checked_frames(max(1, int(header.get("NumberOfFrames") or 1))), "dicom")


def _checked_decoder(header: Any) -> None:
    """Nothing; raises for a transfer syntax that has a decoder, and none of its packages is installed."""
    from pydicom.pixels import get_decoder

    syntax = header.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_compressed:
        return
    if not get_decoder(syntax).is_available:
        raise missing_extra(f"a decoder of DICOM's {syntax.name}", "images")


def _checked_deflation(path: Path) -> None:
    """Nothing; raises for a deflated data set that grows beyond a bound (pydicom inflates it whole)."""
    from pydicom.filereader import read_file_meta_info

    with path.open("rb") as file:
        if file.read(_PREAMBLE)[128:] != b"DICM":
            return
    meta = read_file_meta_info(path)
    if meta.get("TransferSyntaxUID") != _DEFLATED:
        return
    inflating, grown = zlib.decompressobj(-zlib.MAX_WBITS), 0
    with path.open("rb") as file:
        file.seek(_PREAMBLE + _LENGTH_ELEMENT + int(meta.get("FileMetaInformationGroupLength") or 0))
        piece = file.read(2**16)
        while piece and not inflating.eof:
            grown += len(inflating.decompress(piece, 2**24))
            if grown > _MOST_INFLATED:
                raise ImageFault("too-large", f"it inflates to more than {_MOST_INFLATED:,} bytes")
            piece = inflating.unconsumed_tail or file.read(2**16)


def _of_frame(header: Any, frame: int) -> Any:
    """The header with the rescale and window of the frame's own functional groups, where it has some."""
    from copy import copy

    own = copy(header)
    for place, name in enumerate(_GROUPS):
        groups = header.get(name) or []
        at = frame if place else 0
        for inner in _OWN if at < len(groups) else ():
            for element in (groups[at].get(inner) or [[]])[0]:
                own[element.tag] = element
    return own


def _grey(values: np.ndarray[Any, Any], header: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    from pydicom.pixels import apply_modality_lut

    shades = _windowed(apply_modality_lut(values, header), header)
    return 255 - shades if header.PhotometricInterpretation == "MONOCHROME1" else shades


def _windowed(values: np.ndarray[Any, Any], header: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    from pydicom.pixels import apply_voi, apply_windowing

    tables = header.get("VOILUTSequence")
    if tables and tables[0].get("LUTDescriptor") and tables[0].get("LUTData") is not None:
        entries, first = int(tables[0].LUTDescriptor[0]) or 2**16, int(tables[0].LUTDescriptor[1])
        table = apply_voi(np.arange(first, first + entries, dtype=np.int64), header)
        return to_bytes(apply_voi(values, header), float(table.min()), float(table.max()))
    if header.get("WindowCenter") is not None and header.get("WindowWidth") is not None:
        with np.errstate(over="ignore"):
            low, high = apply_windowing(_FAR, header)
            return to_bytes(apply_windowing(values, header), float(low), float(high))
    stored = int(header.get("BitsStored") or 32)
    if stored <= 8 and not int(header.get("PixelRepresentation") or 0) and not any(header.get(name) for name in _RESCALE):
        return to_bytes(values, 0, 2**stored - 1)
    return stretched(values)


def _coloured(values: np.ndarray[Any, Any], header: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    from pydicom.pixels import apply_color_lut

    colours = apply_color_lut(values, header)[..., :3]
    return np.ascontiguousarray(colours if colours.dtype == np.uint8 else to_bytes(colours, 0, 2**16 - 1))
