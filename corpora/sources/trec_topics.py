"""Topics of TREC: the classic tagged ones, and the XML of the clinical tracks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import InputError
from .judged import Asked
from .safe_xml import parse_xml, read_bytes, text_in

_TOP = re.compile(r"<top\b[^>]*>(.*?)</top\s*>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTES = r"""(?:\s+[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*"""
_TAG = rf"</?[A-Za-z][\w-]*{_ATTRIBUTES}/?>"
_FIELD = re.compile(rf"<([A-Za-z]\w*){_ATTRIBUTES}>(.*?)(?={_TAG}|\Z)", re.DOTALL)
"""A field ends at the next tag; any other `<` is text (`BMI < 30`, `p <0.05`)."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LABEL = re.compile(r"^\s*(?:number|topic|description|narrative)\s*:", re.IGNORECASE)
_NUMBERS = ("num", "number", "id")
_SHORT = {"desc": "description", "narr": "narrative"}
Topic = tuple[str, dict[str, str]]


def read_topics(path: Path, fields: Sequence[str] = ()) -> Asked:
    """The topics of a file as queries: the texts of `fields`, in this order, joined by a space; without any, all of them.

    Read are `<top>` records (fields `title`, `description`, `narrative`), and XML with `topic` elements: as free text
    (field `text`: Clinical Trials 2021 and 2022) or with elements of their own (`description`, `summary`, `note` of
    Clinical Decision Support; `disease`, `gene`, `demographic`, `other`, `treatment` of Precision Medicine). A topic may
    lack a field that others have. The fields and the attributes, such as `type`, are the metadata of the query.

    Raises InputError, naming the file and the topic, for what is neither, for a topic without a number or without any of
    the fields, and for a number that occurs twice.
    """
    asked = Asked()
    data = read_bytes(path)
    topics = list(_tagged(data, path) if _is_tagged(data) else _xml(data, path))
    _check_fields(topics, fields, path)
    for name, topic in topics:
        text = " ".join(topic[field] for field in fields or _texts(topic) if topic.get(field))
        if not text:
            listed = ", ".join(fields) or "any text"
            raise InputError(
                f"topic {name!r} has none of: {listed}", where=str(path), mend="choose other fields, or mend the topic"
            )
        if name in asked.texts:
            raise InputError(f"two topics have the number {name!r}", where=str(path), mend="give each a number of its own")
        asked.add(name, text, topic, str(path))
    return asked


def _texts(topic: Mapping[str, str]) -> list[str]:
    return [field for field in topic if field not in ("type", "task")]


def _check_fields(topics: Sequence[Topic], fields: Sequence[str], path: Path) -> None:
    if not topics:
        raise InputError("there is no topic in it", where=str(path), mend="give <top> records, or XML with topic elements")
    known = dict.fromkeys(field for _, topic in topics for field in topic)
    missing = next((field for field in fields if field not in known), None)
    if missing:
        raise InputError(
            f"no topic has a {missing!r}; the fields there are: {', '.join(known)}", where=str(path), mend="use these"
        )


def _is_tagged(data: bytes) -> bool:
    return re.search(rb"<top\b[^>]*>", data, re.IGNORECASE) is not None


def _tagged(data: bytes, path: Path) -> Iterator[Topic]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    for number, top in enumerate(_TOP.findall(text), 1):
        found = {name.lower(): _tidy(value) for name, value in _FIELD.findall(_COMMENT.sub(" ", top))}
        name = next((found.pop(tag) for tag in _NUMBERS if found.get(tag)), "")
        yield _named(name, number, path), {_SHORT.get(tag, tag): value for tag, value in found.items() if value}


def _tidy(value: str) -> str:
    return " ".join(html.unescape(_LABEL.sub("", value)).split())


def _xml(data: bytes, path: Path) -> Iterator[Topic]:
    for number, element in enumerate(parse_xml(data, str(path)).iter("topic"), 1):
        found = {name: value for name, value in element.attrib.items() if name not in _NUMBERS}
        found |= {child.tag: text_in(child) for child in element}
        name = next((element.attrib[tag] for tag in _NUMBERS if tag in element.attrib), "")
        name = name or next((found.pop(tag) for tag in _NUMBERS if found.get(tag)), "")
        if not len(element):
            found["text"] = text_in(element)
        yield _named(name, number, path), {field: value for field, value in found.items() if value}


def _named(name: str, number: int, path: Path) -> str:
    if not name.strip():
        raise InputError(f"topic {number} of the file has no number", where=str(path), mend="give it one")
    return name.strip()
