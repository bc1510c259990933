"""M3D-Cap: one JSON file of lists of volumes with a text file each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...images.claims import Claim
from ...images.located import is_there
from ...reading.json_file import read_json
from ...reading.streams import unreadable
from ..captioned import Pair
from ..files import user_file

INDEX = "M3D_Cap.json"
SLICES = 32
"""Slices that stand for a volume: its depth in the published protocol, which resizes to 32 x 256 x 256."""
_STARTS = ("study_findings:", "discussion:")
_NIFTI = (".nii.gz", ".nii")


def m3d_cap_pairs(folder: Path, split: str, part: str, recipe: str) -> Iterator[Pair]:
    """The volumes of one list (`part`), in its order: evenly spaced slices of each, and its text (see `study_text`).

    A volume that is named as `.npy` and is not there may be NIfTI of the same name. Raises InputError, with the recipe or the
    place.
    """
    path = user_file(folder, INDEX, recipe)
    for number, item in enumerate(_listed(path, part)):
        where = f"{path}, {part} {number}"
        if not isinstance(item, dict) or not all(isinstance(item.get(key), str) and item[key] for key in ("image", "text")):
            raise InputError("the item has no image or no text", where=where, mend='write {"image": path, "text": path}')
        file = _volume(folder, item["image"])
        yield Pair(item["image"], _slices(folder, file), _text(folder, item["text"], where), where)


def study_text(whole: str) -> str:
    """What is said of a volume: the part after "study_findings:", else after "discussion:", else all."""
    lowered = whole.lower()
    start = next((lowered.index(word) + len(word) for word in _STARTS if word in lowered), 0)
    return whole[start:].strip()


def _listed(path: Path, part: str) -> list[Any]:
    whole = read_json(path)
    lists = {key: value for key, value in whole.items() if isinstance(value, list)} if isinstance(whole, dict) else {}
    if part not in lists:
        mend = f"those there are: {', '.join(lists) or 'none'}"
        raise InputError(f"there is no list {part!r} in it", where=str(path), mend=mend)
    return lists[part]


def _volume(folder: Path, file: str) -> str:
    tried = [file, *(file.removesuffix(".npy") + ending for ending in _NIFTI if file.endswith(".npy"))]
    return next((one for one in tried if is_there(folder / one)), file)


def _slices(folder: Path, file: str) -> tuple[Claim, ...]:
    """Evenly spaced slices of a volume; the first alone where it cannot be read, so that what is wrong is counted once."""
    from ...images.decode import look
    from ...images.volume import evenly

    if ".." in Path(file).parts or Path(file).is_absolute():
        return (Claim(file),)
    try:
        frames = look(folder / file).frames
    except InputError:
        return (Claim(file),)
    return tuple(Claim(file, frame) for frame in evenly(frames, SLICES))


def _text(folder: Path, file: str, where: str) -> str:
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"the text {file!r} lies outside the folder", where=where, mend=f"put it under {folder}")
    try:
        return study_text(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise unreadable(path, problem) from None
    except UnicodeDecodeError as problem:
        raise InputError(f"not UTF-8: {problem.reason}", where=str(path), mend="write it as UTF-8") from None
