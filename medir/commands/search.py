"""`medir search`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from corpora import ImageRef, Part, Queries, UsageError
from medir.printable import printable, printable_json, printable_lines
from medir.report import Format, as_csv, as_table, check_format

from .options import workspace

if TYPE_CHECKING:
    from medir.serving.indexes import Found, Hit, Served

SHOWN = 160
BETWEEN = "; "
LOST = ("undecodable_images", "vectorless_documents")


def search(
    folder: str,
    text: str = "",
    /,
    *,
    image: Path | None = None,
    frame: int | None = None,
    retriever: str = "bm25",
    k: int = 10,
    format: str = "table",
    html: Path | None = None,
    offline: bool = False,
    language: str | None = None,
) -> None:
    """Rank the documents of a folder (or built-in collection) for one query: a text, a picture, or both.

    Parameters
    ----------
    folder
        A folder with a corpus, or the name of a built-in collection.
    text
        The query's text; needed where there is no --image.
    image
        The query's picture: PNG, JPEG, TIFF, DICOM or NIfTI. The retriever has to read pictures, such as dense:CLIP_FOLDER.
    frame
        Which frame of the picture's file (or slice of the volume), from 0.
    retriever
        A SPEC.
    k
        How many documents to show.
    format
        table, markdown, csv or json; all but json spell out the characters that are orders to a terminal.
    html
        Write a page too, with small pictures in it: one file that needs nothing else. A page that is there is replaced.
    offline
        Open no connection.
    language
        The language of the data (en, zh...), which chooses the analyser.
    """
    from medir.serving.indexes import check_texts, open_served

    form = check_format(format)
    if k < 1:
        raise UsageError(f"k is {k}", mend="show at least one document: --k 10")
    check_texts([text])  # before anything is built
    queries = _asked(text, image, frame)
    if html is not None:
        _check_page(html)
    served = open_served(folder, folder, retriever, workspace(offline), language)
    found = served.found(queries, k)
    for name, value in _counted(found):
        print(f"{name}: {value:,}", file=sys.stderr)
    if html is not None:
        _write_page(html, served, found, queries)
    _shown(found.hits[0], form, pictured=served.corpus.pictured)


def _asked(text: str, image: Path | None, frame: int | None) -> Queries:
    """The query. Raises UsageError where nothing is asked, ImageFault for a picture that cannot be read."""
    if image is None and frame is not None:
        raise UsageError("--frame names a frame of no picture", mend="give the picture too: --image FILE")
    if image is None and not text:
        raise UsageError("nothing is asked", mend="give a text, a picture (--image FILE), or both")
    if frame is not None and frame < 0:
        raise UsageError(f"--frame is {frame}", mend="frames are counted from 0")
    parts: tuple[Part, ...] = (Part(text=text),) if text else ()
    if image is not None:
        parts += (Part(image=_readable(ImageRef(str(image.expanduser()), frame or 0))),)
    return Queries(("query 1",), (parts,))


def _readable(image: ImageRef) -> ImageRef:
    """The picture with the hash of its file, once it has been decoded."""
    from corpora.images import ImageFault, pinned
    from corpora.images.decode import decoded

    if not Path(image.path).is_file():
        raise ImageFault("missing", where=image.path)
    image = pinned(image)
    decoded(image)
    return image


def _counted(found: Found) -> list[tuple[str, int]]:
    """What of the query was not read or not known, and which documents could not be found for want of a picture."""
    return [(name, value) for name, value in found.notes.items() if value and (name.endswith("_queries") or name in LOST)]


def _check_page(html: Path) -> None:
    from medir.report_html import check_page_place

    check_page_place(html)


def _write_page(html: Path, served: Served, found: Found, queries: Queries) -> None:
    from medir.report_html import Asked, page, write_page

    images = queries.images(0)
    about = (served.name, served.spec, queries.text(0), images[0] if images else None)
    asked = Asked(*about, len(served), served.card.language, dict(_counted(found)))
    write_page(html, page(asked, found.hits[0], served.pictures(found.hits[0])))
    print(f"page: {printable(str(html))}", file=sys.stderr)


def _shown(found: list[Hit], form: Format, *, pictured: bool) -> None:
    hits = [asdict(hit) for hit in found]
    if form == "json":
        print(printable_json(json.dumps(hits, ensure_ascii=False, indent=1)))
    elif form == "csv":
        rows = [{**hit, "images": BETWEEN.join(hit["images"])} for hit in hits]
        print(as_csv([{name: printable_lines(str(value)) for name, value in row.items()} for row in rows]))
    elif hits:
        names = ["rank", "score", "id", "title", "text", *(["images"] if pictured else [])]
        print(as_table([names, *(_row(hit)[: len(names)] for hit in found)], form))
    else:
        print("no document matches")


def _row(hit: Hit) -> list[str]:
    return [str(hit.rank), f"{hit.score:.4f}", hit.id, hit.title, _short(hit.text), BETWEEN.join(hit.images)]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"
