"""Folders of XML documents as TREC's clinical tracks use them: articles of PubMed Central and clinical trials."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..errors import InputError
from ..reading.streams import unreadable
from ..state import digest
from ..workspace import Workspace
from .judged import Document
from .safe_xml import parse_xml, read_bytes, text_in, texts_at

_ENDINGS = (".xml", ".nxml", ".xml.gz", ".nxml.gz")
_ABOUT = {"gender": "eligibility/gender", "minimum_age": "eligibility/minimum_age", "maximum_age": "eligibility/maximum_age"}


def xml_files(folder: Path) -> list[Path]:
    """All XML files of a tree of folders, in the order of their paths. Raises InputError where there is none."""

    def fail(problem: OSError) -> None:
        raise unreadable(folder, problem) from problem

    walk = os.walk(folder, onerror=fail)
    found = sorted(Path(place, name) for place, _, names in walk for name in names if name.lower().endswith(_ENDINGS))
    if not found:
        listed = ", ".join(_ENDINGS)
        raise InputError("there is no XML file in it", where=str(folder), mend=f"unpack the archive; files end in {listed}")
    return found


def files_key(folder: Path, files: list[Path], what: str) -> str:
    """A digest of the files' names, sizes and times of change: to read hundreds of thousands again would take too long."""
    parts = [what]
    for path in files:
        stat = path.stat()
        parts += [path.relative_to(folder).as_posix(), str(stat.st_size), str(stat.st_mtime_ns)]
    return digest(*parts)


def xml_documents(files: list[Path], format: str, workspace: Workspace) -> Iterator[Document]:
    """The documents of XML files, `nxml` or `trials`, one a file. Raises InputError that names the file."""
    read = _READERS[format]
    with workspace.progress("reading XML files", len(files), "file") as advance:
        for path in files:
            yield read(parse_xml(read_bytes(path), str(path)), path)
            advance(1)


def read_article(root: Element, path: Path) -> Document:
    """An article of PubMed Central (JATS): the PMC number without letters as id, title, and abstract and body as text.

    Without such a number, the id is the name of the file, a leading `PMC` left aside.
    """
    front = root.find(".//front/article-meta")
    ids = {} if front is None else {element.get("pub-id-type"): text_in(element) for element in front.iterfind("article-id")}
    name = ids.get("pmc") or ids.get("pmcid") or path.name.partition(".")[0]
    title = text_in(None if front is None else front.find("title-group/article-title"))
    abstracts = [] if front is None else list(texts_at(front, "abstract"))
    return {"id": name.removeprefix("PMC"), "title": title, "text": "\n".join([*abstracts, *texts_at(root, "body")])}


def read_trial(root: Element, path: Path) -> Document:
    """A study of ClinicalTrials.gov: its NCT number, its title, and summary, description, conditions and criteria as text.

    Metadata: `conditions`, and `gender`, `minimum_age` and `maximum_age` as they are written. Raises InputError without number.
    """
    name = text_in(root.find("id_info/nct_id"))
    if not name:
        raise InputError("the study has no NCT number", where=str(path), mend="give files of ClinicalTrials.gov's XML")
    title = text_in(root.find("brief_title")) or text_in(root.find("official_title"))
    conditions = list(texts_at(root, "condition"))
    about: dict[str, object] = {key: text_in(root.find(place)) for key, place in _ABOUT.items()}
    paragraphs = [
        *texts_at(root, "brief_summary/textblock", "detailed_description/textblock"),
        ", ".join(conditions),
        *texts_at(root, "eligibility/criteria/textblock"),
    ]
    metadata = json.dumps({"conditions": conditions, **about}, ensure_ascii=False)
    return {"id": name, "title": title, "text": "\n".join(part for part in paragraphs if part), "metadata": metadata}


_READERS: dict[str, Callable[[Element, Path], Document]] = {"nxml": read_article, "trials": read_trial}
