"""What is wrong with a folder, all of it: counts with examples, and the best scores that its judgements leave reachable."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .card_file import read_card
from .ceilings import ceilings
from .dangling import find_dangling
from .document_scan import DocumentScan, Sought, scan_documents
from .errors import InputError
from .findings import EXAMPLES, Finding, Report, SplitReport, finding_of, occurring
from .folder import CARD_FILE
from .images.located import Gallery
from .picture_validation import has_records_alone, picture_findings, validate_records
from .queries import Queries
from .question_folder import has_questions, questions_in
from .reading import Grades, Layout, Witness, document_batches, layout_of, read_judgements, read_queries
from .reading.documents import pictures_named
from .state import disk_error
from .workspace import Workspace


@dataclass
class _Faults:
    """What the readers refuse, counted while they read on."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, fault: InputError) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(str(fault).splitlines()[0])

    def finding(self) -> Finding:
        return Finding("unreadable", self.count, tuple(self.examples), refused=True)


def validate(folder: Path, workspace: Workspace) -> Report:
    """The report on a folder. Nothing is kept; it reads on after whatever it can read on after.

    Findings on the folder: `missing`, `unreadable` (records, and pairs judged differently), `differing_duplicates`,
    `merged_duplicates`, `empty_documents`, `empty_texts`, `equal_texts` (documents that share theirs), `repeated_texts`
    (those of them after the first), `empty_queries`, `queries_with_document_id`, `queries_with_document_text`,
    `merged_duplicate_queries`, `byte_order_marks`; on a split: `unreadable`, `dangling_judgements`, `unknown_queries`,
    `unjudged_queries`, `judged_without_relevant`, `merged_judgements`. All pictures are decoded, and the faulty ones all named:
    `missing_images`, `unreadable_images`, `oversized_images`, `undecodable_images`.
    Questions beside the corpus are read too. A folder of captions or questions without a corpus is reported on by
    `validate_records`.
    Raises InputError only where the folder or its corpus is not there, or where files claim one place;
    SurroundingsError where the disk fails.
    """
    if has_records_alone(folder):
        return validate_records(folder, workspace)
    layout = layout_of(folder)
    faults = _Faults()
    witness = Witness(refuse=faults.note)
    gallery = Gallery(layout.folder.absolute(), workspace.progress, decoding=True)
    queries = _queries(layout, witness, gallery)
    questions = _questions(folder, witness, gallery)
    splits = {split: _judged(path) for split, path in sorted(layout.judgements.items())}
    judged = {document for grades, _ in splits.values() for documents in grades.values() for document in documents}
    sought = Sought(judged | set(queries.ids), set(queries.texts) - {""})
    gallery.look(sorted(pictures_named(layout.corpus) or ()))
    scan = _scan(layout, workspace, witness, sought, gallery)
    merged, differing = scan.repeats()
    _check_card(layout, witness)
    found = [
        _missing(layout, len(scan.ids), questions),
        faults.finding(),
        *_on_documents(scan, merged, differing),
        *_on_queries(queries, sought),
        *picture_findings(gallery),
        *(Finding(name, count) for name, count in witness.counts.items()),
    ]
    reports = [_report(split, *splits[split], queries, judged - sought.found_ids - sought.found_parents) for split in splits]
    asking = len(queries) + questions
    return Report(str(folder), len(scan.ids) - len(merged) - len(differing), asking, occurring(found), tuple(reports))


def _scan(layout: Layout, workspace: Workspace, witness: Witness, sought: Sought, gallery: Gallery) -> DocumentScan:
    size = sum(path.stat().st_size for path in layout.corpus)
    try:
        with workspace.progress(f"validating {layout.folder.name}", size, "B") as advance:
            return scan_documents(document_batches(layout.corpus, witness.advancing(advance), gallery), sought)
    except OSError as problem:
        raise disk_error(problem, Path(tempfile.gettempdir())) from problem


def _queries(layout: Layout, witness: Witness, gallery: Gallery) -> Queries:
    try:
        return read_queries(layout.queries, witness, gallery) if layout.queries else Queries((), ())
    except InputError as fault:
        witness.refuse(fault)
        return Queries((), ())


def _questions(folder: Path, witness: Witness, gallery: Gallery) -> int:
    """How many questions lie beside the corpus; faulty pictures are noted, and the first fault of their files."""
    try:
        return len(questions_in(folder, gallery)) if has_questions(folder) else 0
    except InputError as fault:
        witness.refuse(fault)
        return 0


def _judged(path: Path) -> tuple[Grades, list[Finding]]:
    """The grades of a split, and what was found while reading them."""
    faults, grades = _Faults(), {}
    witness = Witness(refuse=faults.note)
    try:
        grades = read_judgements(path, witness)
    except InputError as fault:
        witness.refuse(fault)
    return grades, [faults.finding(), *(Finding(name, count) for name, count in witness.counts.items())]


def _check_card(layout: Layout, witness: Witness) -> None:
    path = layout.folder / CARD_FILE
    try:
        if path.exists():
            read_card(path, name=layout.folder.resolve().name)
    except InputError as fault:
        witness.refuse(fault)


def _missing(layout: Layout, documents: int, questions: int) -> Finding:
    """What is not there; questions need neither queries nor judgements beside them."""
    there = {"documents": documents, "queries": layout.queries or questions, "judgements": layout.judgements or questions}
    return finding_of("missing", (name for name, some in there.items() if not some), refused=True)


def _on_documents(scan: DocumentScan, merged: NDArray[np.int64], differing: NDArray[np.int64]) -> Iterator[Finding]:
    yield _of_rows("differing_duplicates", scan, differing, refused=True)
    yield _of_rows("merged_duplicates", scan, merged)
    yield Finding("empty_documents", scan.empty[0], tuple(scan.empty[1]))
    yield Finding("empty_texts", scan.untexted[0], tuple(scan.untexted[1]))
    groups = scan.equal_texts(leaving_out=np.concatenate([merged, differing]))
    examples = tuple(
        f"{len(rows):,} documents: {', '.join(_ids(scan, rows[:3]))}{', ...' * (len(rows) > 3)}" for rows in groups[:EXAMPLES]
    )
    yield Finding("equal_texts", sum(map(len, groups)), examples)
    yield Finding("repeated_texts", sum(map(len, groups)) - len(groups))


def _on_queries(queries: Queries, sought: Sought) -> Iterator[Finding]:
    texts = list(zip(queries.ids, queries.texts, strict=True))
    empty = (row for row, (_, text) in enumerate(texts) if not text and not queries.images(row))
    yield finding_of("empty_queries", (queries.ids[row] for row in empty))
    yield finding_of("queries_with_document_id", (name for name in queries.ids if name in sought.found_ids))
    yield finding_of("queries_with_document_text", (name for name, text in texts if text in sought.found_texts))


def _report(split: str, grades: Grades, read: list[Finding], queries: Queries, unknown: Collection[str]) -> SplitReport:
    dangling = find_dangling(grades, queries.ids, unknown)
    asked = [name for name in queries.ids if name in grades]
    found = [
        *read,
        Finding("dangling_judgements", len(dangling), tuple(dangling.examples()), dangling.too_many),
        finding_of("unknown_queries", sorted(dangling.unknown_queries)),
        finding_of("unjudged_queries", (name for name in queries.ids if name not in grades)),
        finding_of("judged_without_relevant", (name for name in asked if max(grades[name].values()) < 1)),
    ]
    best = ceilings(grades, queries.ids, unknown)
    return SplitReport(split, len(asked), sum(map(len, grades.values())), occurring(found), best)


def _of_rows(name: str, scan: DocumentScan, rows: NDArray[np.int64], *, refused: bool = False) -> Finding:
    return Finding(name, len(rows), tuple(_ids(scan, rows[:EXAMPLES])), refused)


def _ids(scan: DocumentScan, rows: NDArray[np.int64]) -> list[str]:
    return list(scan.ids.take(pa.array(rows)).to_pylist())
