"""The ICD-10-CM tabular list: its entries, read from the XML that NCHS and CMS publish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from .overlap import fold


@dataclass(frozen=True)
class Entry:
    """One code: its title, chapter (two digits), ancestor codes (nearest first) and inclusion terms, white space tidied."""

    code: str
    title: str
    chapter: str
    ancestors: tuple[str, ...]
    terms: tuple[str, ...]


def read_entries(xml: bytes) -> list[Entry]:
    """All `diag` entries in the order of the list, every entry before its descendants.

    Parsed as a stream of events, which takes a third of the time that building a tree does. Inclusion notes of a whole
    section stand under no code and are not read.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.data
    parser.EndElementHandler = reader.end
    parser.Parse(xml, True)
    return [Entry(code, title, chapter, above, tuple(terms)) for code, title, chapter, above, terms in reader.found]


def classes_of(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """The codes of each title, case folded, in the order of the list: those of equal title are one class."""
    classes = defaultdict(list)
    for entry in entries:
        classes[fold(entry.title)].append(entry.code)
    return dict(classes)


def descendants_of(codes: set[str], entries: Iterable[Entry]) -> dict[str, set[str]]:
    """All codes below each of `codes`."""
    below: dict[str, set[str]] = {code: set() for code in codes}
    for entry in entries:
        for code in codes.intersection(entry.ancestors):
            below[code].add(entry.code)
    return below


class _Reader:
    """Follows the XML's events: `path` holds the open tags, `codes` the open codes, `found` the entries so far."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.codes: list[str] = []
        self.text: list[str] = []
        self.chapter = ""
        self.found: list[tuple[str, str, str, tuple[str, ...], list[str]]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        self.text.clear()

    def data(self, text: str) -> None:
        self.text.append(text)

    def end(self, tag: str) -> None:
        self.path.pop()
        within = self.path[-1] if self.path else ""
        if tag == "diag":
            self.codes.pop()
        elif tag == "name" and within == "chapter":
            self.chapter = self._said().zfill(2)
        elif tag == "name" and within == "diag":
            self.codes.append(self._said())
        elif tag == "desc" and within == "diag":
            *above, code = self.codes
            self.found.append((code, self._said(), self.chapter, tuple(above[::-1]), []))
        elif tag == "note" and self.path[-2:] == ["diag", "inclusionTerm"]:
            self.found[-1][-1].append(self._said())

    def _said(self) -> str:
        return " ".join("".join(self.text).split())
