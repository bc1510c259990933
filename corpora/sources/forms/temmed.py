"""TemMed-Bench: pairs of chest X-rays of one patient, named by index files; pictures and reports are those of CheXpert Plus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...corpus import Corpus
from ...errors import InputError
from ...images import ImageRef
from ...images.claims import Claim
from ...images.column import encoded_images
from ...images.located import Gallery, stamp
from ...ingest import Counts, kept_corpus
from ...reading.json_file import read_json
from ...state import digest, file_digest
from ...workspace import Workspace
from ..files import user_file
from ..judged import Document, document_batches
from ..repository import open_repository
from ..rows import read_rows
from ..tables import FilesSource

READER = "1"
CORPUS = "TrainSet_KnowledgeCorpus.json"
REPORTS, PICTURES = "df_chexpert_plus_240401.csv", "PNG"
IN_FOLDERS = ("", "Get_Data")
_FROM = re.compile(r"\.(png|jpg)$")
_SENTENCE = re.compile(r"(^|[.!?])([^a-z.!?]*)([a-z])")
Pair = tuple[ImageRef, ...]


@dataclass(frozen=True)
class Bench:
    """The user's folder, and the repository from which index files come that are not in it."""

    folder: Path
    source: FilesSource
    workspace: Workspace

    @cached_property
    def gallery(self) -> Gallery:
        """The pictures of CheXpert Plus."""
        return Gallery(user_file(self.folder, PICTURES, self.source.recipe), self.workspace.progress)

    def index(self, name: str) -> Path:
        """The path of an index file. Raises InputError, with the recipe, where it is not there and no repository has it."""
        found = next((path for inner in IN_FOLDERS if (path := self.folder / inner / name).is_file()), None)
        if found is not None or not self.source.repo:
            return found or user_file(self.folder, name, self.source.recipe)
        return open_repository(self.source.repo, self.source.revision, self.workspace).path(name, self.workspace)

    def items(self, name: str) -> list[Mapping[str, Any]]:
        """The items of an index file. Raises InputError where it is no list of objects."""
        path = self.index(name)
        whole = read_json(path)
        if not isinstance(whole, list) or not all(isinstance(item, dict) for item in whole):
            raise InputError("it is no list of objects", where=str(path), mend="fetch the file again")
        return whole

    def reports(self, wanted: set[str]) -> dict[str, str]:
        """The impressions of the reports of some pictures (by path, `.jpg`), in sentences; empty where there is none."""
        path = user_file(self.folder, REPORTS, self.source.recipe)
        rows = read_rows(path, ("path_to_image", "section_impression|"), str(path))
        found = ((row.get("path_to_image", ""), row.get("section_impression|") or "") for _, row in rows)
        return {name: in_sentences(text) for name, text in found if name in wanted}

    def pair(self, item: Mapping[str, Any], where: str) -> Pair:
        """The pictures of an item, the historical one first; none where either is faulty, for a pair is read place by place."""
        refs = self.gallery.refs(claims_of_item(item, where), where, "pair")
        return refs if len(refs) == 2 else ()


def open_temmed_corpus(folder: Path, source: FilesSource, workspace: Workspace) -> tuple[Corpus, Counts]:
    """The knowledge corpus: an item is a document of two pictures (historical, current) and the report of the current one.

    The id is the current picture's path (a further one of the same gets `-2`...). Notes: `pairs_without_images` (either was
    faulty: the report alone stays), `pairs_without_report`, and those of pictures.
    """
    bench, counted = Bench(folder, source, workspace), Counter[str]()
    items, where = bench.items(CORPUS), str(bench.index(CORPUS))
    claims = [claims_of_item(item, f"{where}, item {number}") for number, item in enumerate(items)]
    reports = user_file(folder, REPORTS, source.recipe)
    named = stamp(bench.gallery.root, {claim.path for pair in claims for claim in pair})

    def documents() -> Iterator[Document]:
        bench.gallery.look(claim for pair in claims for claim in pair)
        texts, seen = bench.reports({jpg_of(item["image_path"]) for item in items}), Counter[str]()
        for number, item in enumerate(items):
            name = jpg_of(item["image_path"])
            seen[name] += 1
            images, files = encoded_images(bench.pair(item, f"{where}, item {number}"), bench.gallery.root)
            counted.update(pairs_without_images=not images, pairs_without_report=not texts.get(name))
            own = name if seen[name] == 1 else f"{name}-{seen[name]}"
            yield {"id": own, "text": texts.get(name, ""), "images": images, "files": files}

    return kept_corpus(
        workspace,
        digest("temmed", READER, file_digest(bench.index(CORPUS)), file_digest(reports), named),
        lambda: document_batches(documents()),
        where=where,
        counts=lambda: {**bench.gallery.counts, **counted},
        root=bench.gallery.root,
        faults=lambda: bench.gallery.messages,
    )


def claims_of_item(item: Mapping[str, Any], where: str) -> tuple[Claim, Claim]:
    """The historical and the current picture that an item names, as PNG files. Raises InputError with the place."""
    paths = [item.get(key) for key in ("historical_image_path", "image_path")]
    if not all(isinstance(path, str) and path for path in paths):
        raise InputError("the item lacks image_path or historical_image_path", where=where, mend="fetch the file again")
    first, second = (Claim(_FROM.sub(".png", str(path))) for path in paths)
    return first, second


def in_sentences(report: str) -> str:
    """A report in lower case with a capital at the start of every sentence and single blanks, as the benchmark's notebooks do."""
    whole = re.sub(r"\s+", " ", report).strip().lower()
    return _SENTENCE.sub(lambda found: found[1] + found[2] + found[3].upper(), whole)


def jpg_of(path: str) -> str:
    """The path under which a table of CheXpert Plus lists a picture."""
    return _FROM.sub(".jpg", path)
