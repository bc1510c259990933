"""XML that others wrote, read without what makes it dangerous: no entities are declared, nothing outside is fetched."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ..errors import InputError
from ..reading.streams import unreadable

_SPACE = re.compile(r"\s+")
_GZIP = b"\x1f\x8b"


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked where it is gzipped. Raises InputError or SurroundingsError that names it."""
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InputError(f"the gzip stream is damaged ({problem})", where=str(path), mend="fetch the file again") from None
    except OSError as problem:
        raise unreadable(path, problem) from problem


def parse_xml(data: bytes, where: str) -> Element:
    """The root of a document. Raises InputError for what is not XML, and for a document that declares entities.

    Only encodings in which a declaration of entities can be seen are taken: a NUL byte, as in UTF-16, is refused.
    """
    if b"<!ENTITY" in data or b"\0" in data:
        what = "it declares entities" if b"<!ENTITY" in data else "it holds NUL bytes, as UTF-16 does"
        raise InputError(f"{what}, which is not read", where=where, mend="save it as UTF-8 without a document type")
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - entities cannot be declared, and expat fetches nothing
    except ElementTree.ParseError as problem:
        raise InputError(f"not XML: {problem}", where=where, mend="mend or fetch the file again") from None


def text_in(element: Element | None) -> str:
    """All text in an element, white space tidied; nothing for no element."""
    return _SPACE.sub(" ", "".join(element.itertext())).strip() if element is not None else ""


def texts_at(root: Element, *paths: str) -> Iterator[str]:
    """The texts of all elements at these paths that have any."""
    for path in paths:
        yield from (text for text in map(text_in, root.iterfind(path)) if text)
