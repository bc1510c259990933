"""The ICD-10-CM tabular list: its entries, read from the XML that NCHS and CMS publish."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One code: its title, chapter (two digits), ancestor codes (nearest first) and inclusion terms, white space tidied."""

    code: str
    title: str
    chapter: str
    ancestors: tuple[str, ...]
    terms: tuple[str, ...]


def read_entries(xml: bytes) -> list[Entry]:
    """All `diag` entries in the order of the list, every entry before its descendants."""
    root = ET.fromstring(xml)  # noqa: S314 (the file's sha256 is the card's)
    return [
        entry
        for chapter in root.iterfind("chapter")
        for top in chapter.iterfind("section/diag")
        for entry in _entries(top, chapter.findtext("name", "").zfill(2), ())
    ]


def _entries(diag: ET.Element, chapter: str, ancestors: tuple[str, ...]) -> Iterator[Entry]:
    code, title, terms, children = "", "", [], []
    for child in diag:
        if child.tag == "diag":
            children.append(child)
        elif child.tag == "name":
            code = child.text or ""
        elif child.tag == "desc":
            title = _tidy(child.text)
        elif child.tag == "inclusionTerm":
            terms += [_tidy(note.text) for note in child]
    yield Entry(code, title, chapter, ancestors, tuple(terms))
    for child in children:
        yield from _entries(child, chapter, (code, *ancestors))


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())
