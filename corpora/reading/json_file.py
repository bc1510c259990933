"""A file that is one JSON value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from ..errors import InputError
from .streams import unreadable


def read_json(path: Path) -> Any:
    """The value that a file holds. Raises InputError, naming the file, for one that cannot be read or is not JSON."""
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as problem:
        raise InputError(f"not JSON: {problem}", where=str(path), mend="fetch the file again") from None
    except OSError as problem:
        raise unreadable(path, problem) from None
