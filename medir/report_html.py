"""What a search found as one page of HTML that holds all it shows: no script, nothing fetched, everything escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from corpora import ImageRef, InputError
from corpora.images import ImageFault
from corpora.state import write_file
from medir.printable import printable, printable_lines
from medir.serving.indexes import Hit

GENERATOR = '<meta name="generator" content="medir search">'
SIDE, LARGE_SIDE = 224, 384
"""The longest side of a hit's picture and of the query's, in pixels."""
PICTURES, CHARACTERS, NAME = 6, 600, 120
"""How many pictures of a hit are shown, how much of its text, and how much of the query in the page's name."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #5a6270; --line: #d5d9e0; --paper: #ffffff; --card: #f6f7f9;
  --mark: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --soft: #a3abb8; --line: #3a404b; --paper: #14161a;
  --card: #1d2026; --mark: #8ab8f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 0; }
ol { list-style: none; margin: 0; padding: 0; }
.query, .hit { border: 1px solid var(--line); border-radius: 0.5rem; padding: 1rem; margin: 0 0 1rem; }
.query { background: var(--card); }
.asked { font-size: 1.1rem; margin: 0 0 0.5rem; }
.facts, .where, .more { color: var(--soft); font-size: 0.875rem; margin: 0.25rem 0; }
.rank { color: var(--mark); font-variant-numeric: tabular-nums; }
.text { margin: 0.5rem 0 0; white-space: pre-line; }
.pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0.75rem 0 0; }
figure { margin: 0; max-width: 100%; }
figcaption { color: var(--soft); font-size: 0.8rem; max-width: 24rem; }
img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); background: #000; }
.lost { display: flex; align-items: center; justify-content: center; width: 14rem; max-width: 100%; min-height: 7rem;
  padding: 0.75rem; border: 1px dashed var(--soft); color: var(--soft); font-size: 0.85rem; text-align: center; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #999; --paper: #fff; --card: #fff;
  --mark: #000; } body { max-width: none; padding: 0; } .hit, figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Asked:
    """What was asked: of which index, by which retriever (SPEC), with a text, a picture or both."""

    index: str
    retriever: str
    text: str = ""
    image: ImageRef | None = None
    documents: int = 0
    language: str = "unknown"
    notes: Mapping[str, int] = field(default_factory=dict)


def page(asked: Asked, hits: Sequence[Hit], pictures: Sequence[Sequence[ImageRef]]) -> str:
    """The page of one query and its hits, each with the pictures of its document; titles and texts may hold anything.

    A picture that cannot be decoded is told by its name and what is wrong with it. Raises SurroundingsError where pictures
    are to be shown and what decodes them is not installed.
    """
    found = "".join(map(_hit, hits, pictures, [asked.language] * len(hits)))
    body = f"<ol>{found}</ol>" if hits else '<p class="none">No document matches.</p>'
    name = _line((asked.text or (Path(asked.image.path).name if asked.image else ""))[:NAME])
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n{GENERATOR}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{name} - medir search</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Search in <bdi>{_line(asked.index)}</bdi></h1>\n{_query(asked, len(hits))}\n"
        f'<main aria-label="Results">{body}</main>\n</body>\n</html>\n'
    )


def check_page_place(path: Path) -> None:
    """Raise InputError where no page can be written: no folder to hold it, or a file there that is no page of ours."""
    if not path.parent.is_dir():
        raise InputError("there is no such folder", where=str(path.parent), mend="make it, or name another: --html FILE")
    if path.is_dir():
        raise InputError("--html names a folder", where=str(path), mend="name a file: --html found.html")
    if path.exists() and not _is_ours(path):
        mend = "name another file: --html FILE; nothing was written"
        raise InputError("--html names a file that is no page of medir search", where=str(path), mend=mend)


def write_page(path: Path, text: str) -> None:
    """Write a page in UTF-8, whole or not at all; an earlier page of ours is replaced. Raises as `check_page_place`."""
    check_page_place(path)
    write_file(path, text.encode())


def _is_ours(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return GENERATOR.encode() in file.read(1024)
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}", where=str(path), mend="name another file") from None


def _policy() -> str:
    """Nothing is loaded or run but pictures that stand in the page, and this one style."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"


def _query(asked: Asked, hits: int) -> str:
    text = f'<p class="asked" dir="auto"{_language(asked.language)}>{_lines(asked.text)}</p>' if asked.text else ""
    shown = _picture(asked.image, "The picture of the query", LARGE_SIDE) if asked.image else ""
    counts = "".join(f"<br>{_line(name)}: {value:,}" for name, value in sorted(asked.notes.items()) if value)
    return (
        f'<section class="query" aria-label="Query">{text}{shown}<p class="facts">retriever: '
        f"<code>{_line(asked.retriever)}</code><br>{hits:,} of {asked.documents:,} documents{counts}</p></section>"
    )


def _hit(hit: Hit, pictures: Sequence[ImageRef], language: str) -> str:
    """One document that was found."""
    title = _line(hit.title) or _line(hit.id)
    alts = (f"Picture {number} of {hit.title or hit.id}" for number in range(1, PICTURES + 1))
    shown = "".join(_picture(one, alt, SIDE) for one, alt in zip(pictures, alts, strict=False))
    more = f'<p class="more">and {len(pictures) - PICTURES:,} more pictures</p>' if len(pictures) > PICTURES else ""
    text = hit.text if len(hit.text) <= CHARACTERS else hit.text[: CHARACTERS - 1] + "…"
    gallery = f'<div class="pictures">{shown}</div>{more}' if shown else ""
    below = f'<p class="text" dir="auto"{_language(language)}>{_lines(text)}</p>' if text else ""
    return (
        f'\n<li class="hit"><article><h2><span class="rank">{hit.rank}.</span> <bdi{_language(language)}>{title}</bdi></h2>'
        f'<p class="where">id <bdi>{_line(hit.id)}</bdi>, score {hit.score:.4f}</p>{gallery}{below}</article></li>'
    )


def _picture(image: ImageRef, alt: str, side: int) -> str:
    """A picture as a small JPEG inside the page; or what is wrong with it, in its place."""
    from corpora.images.shown import thumbnail

    name = Path(image.path).name + (f", frame {image.frame}" if image.frame else "")
    try:
        data = base64.b64encode(thumbnail(image, side)).decode("ascii")
    except ImageFault as fault:
        inner = f'<div class="lost" role="img" aria-label="{_line(alt)}">{_line(name)}: {_line(fault.what)}</div>'
        return f"<figure>{inner}</figure>"
    inner = f'<img src="data:image/jpeg;base64,{data}" alt="{_line(alt)}">'
    return f"<figure>{inner}<figcaption>{_line(name)}</figcaption></figure>"


def _language(language: str) -> str:
    return "" if language == "unknown" else f' lang="{_line(language)}"'


def _line(text: str) -> str:
    return escape(printable(text))


def _lines(text: str) -> str:
    return escape(printable_lines(text))
