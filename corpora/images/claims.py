"""What a record says of its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from ..errors import InputError

IMAGE_FIELDS = ("image", "image_path", "images")
_FIELDS = frozenset(IMAGE_FIELDS)
_PATHS = ("path", "file", "image_path")
_HOW = 'write a path, a list of paths, or {"path": ..., "frame": 0}'


class Claim(NamedTuple):
    """A picture as a record names it: a path under the record's folder, and the frame (from 0)."""

    path: str
    frame: int = 0


def has_image_field(row: Mapping[str, Any]) -> bool:
    """Whether a record has a field for pictures, be it empty."""
    return not _FIELDS.isdisjoint(row)


def late_image(row: Mapping[str, Any]) -> InputError:
    """What is wrong with a record that has a field for pictures, where the first of its file has none."""
    late = next(name for name in IMAGE_FIELDS if name in row)
    what = f"this record has a field {late!r}, and the first of the file has none"
    return InputError(what, mend=f'give the first one too: "{late}": null where it has no picture')


def claims_of(row: dict[str, Any]) -> tuple[Claim, ...]:
    """The pictures that a record names, in order; their fields are taken out of it.

    Each field holds a path, a list of paths, or objects of a path (`path`, `file` or `image_path`) and perhaps a `frame`; in a
    table also as JSON. Null, an empty text and an empty list are no picture. Raises InputError for anything else.
    """
    return tuple(claim for name in IMAGE_FIELDS if name in row for claim in _claims(row.pop(name), name))


def _claims(value: Any, name: str) -> Iterator[Claim]:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        value = _unpacked(value)
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield Claim(_path(next((one[key] for key in _PATHS if one.get(key)), None), name), _frame(one.get("frame"), name))
        elif one not in (None, ""):
            yield Claim(_path(one, name))


def _unpacked(value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _path(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise InputError(f"the field {name!r} names no file", mend=_HOW)
    return value


def _frame(value: Any, name: str) -> int:
    if value is None:
        return 0
    if type(value) is not int or value < 0:
        raise InputError(f"the field {name!r} names the frame {value!r}", mend="count frames in whole numbers from 0")
    return value
