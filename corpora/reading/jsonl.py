"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ..errors import InputError
from .streams import lines_of, text_of
from .witness import Witness

KINDS = {
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
    bool: "true or false",
    str: "text",
    bytes: "bytes",
}
_SURROGATE = "surrogate"
_CUT = "unexpected end of data"


def json_rows(path: Path, witness: Witness) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The line number, the bytes and the object of every line that is not blank.

    What is refused, with file and line: broken UTF-8, what is not JSON, a value that is not an object, half of a
    surrogate pair.
    """
    for number, line in lines_of(path, witness):
        if line.strip():
            try:
                yield number, len(line), _parsed(line, f"{path}:{number}")
            except InputError as fault:
                witness.refuse(fault)


def _parsed(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as problem:
        text_of(line, where)
        raise _not_json(problem, where) from None
    if type(value) is not dict:
        kind = KINDS.get(type(value), "null")
        raise InputError(
            f"the line is {kind}, not an object", where=where, mend='write one object a line: {"_id": ..., "text": ...}'
        )
    return value


def _not_json(problem: orjson.JSONDecodeError, where: str) -> InputError:
    what = f"not JSON: {problem.msg} at character {problem.pos + 1:,}"
    if _SURROGATE in problem.msg:
        return InputError(
            f"half of a surrogate pair: {problem.msg}", where=where, mend="write the whole character, or drop the \\ud... escape"
        )
    if _CUT in problem.msg:
        return InputError(f"{what}: the line is cut short", where=where, mend="fetch the file again, or mend the line")
    return InputError(what, where=where, mend='write one object a line: {"_id": ..., "text": ...}')
