"""What is wrong with pictures, all of them decoded; and with a folder of captions or questions that has no corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .caption_folder import ALL, captions_in, has_captions
from .errors import InputError
from .findings import Finding, Report, occurring
from .images.located import NOTES, UNDECODABLE, Gallery
from .question_folder import has_questions, questions_in
from .workspace import Workspace


def picture_findings(gallery: Gallery) -> Iterator[Finding]:
    """What the gallery counted of pictures, each faulty one named."""
    for note in sorted({*NOTES.values(), UNDECODABLE}):
        named = tuple(fault.message for fault in gallery.faults if fault.note == note)
        yield Finding(note, len(named), named)


def has_records_alone(folder: Path) -> bool:
    """Whether a folder holds captions or questions, and no corpus."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return (has_captions(folder) or has_questions(folder)) and not any(name.startswith("corpus") for name in names)


def validate_records(folder: Path, workspace: Workspace) -> Report:
    """The report on a folder of captions (its documents), questions (its queries), or both; all their pictures are decoded.

    Findings: those of pictures (see `validate`), `captions_without_image`, and `unreadable`: the first fault of each file, at
    which reading ends.
    """
    gallery = Gallery(folder.absolute(), workspace.progress, decoding=True)
    documents = queries = 0
    faults: list[str] = []
    try:
        documents = len(captions_in(folder, ALL, gallery)) if has_captions(folder) else 0
    except InputError as fault:
        faults.append(str(fault).splitlines()[0])
    try:
        queries = len(questions_in(folder, gallery)) if has_questions(folder) else 0
    except InputError as fault:
        faults.append(str(fault).splitlines()[0])
    without = Finding("captions_without_image", gallery.counts["captions_without_image"])
    found = [Finding("unreadable", len(faults), tuple(faults), refused=True), without, *picture_findings(gallery)]
    return Report(str(folder), documents, queries, occurring(found), ())
