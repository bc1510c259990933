"""A folder's `questions` file as questions, with the corpus and the judgements that lie beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .card_file import read_card
from .collection import Card
from .corpus import Corpus
from .errors import InputError
from .folder import CARD_FILE, open_folder_corpus
from .images.located import Gallery
from .labelled_folder import choose_split, with_language
from .queries import Qrels
from .questions import QuestionKind, Questions
from .reading import Grades, read_judgements
from .reading.layout import QRELS
from .reading.layout import _judgements as judgement_files
from .reading.questions import Read, read_questions
from .reading.streams import unreadable
from .reading.witness import Witness
from .workspace import Workspace

ALL = "all"
SEVERAL_LANGUAGES = "mul"
_FILE = re.compile(r"questions(?:-(\d+))?\.(?:jsonl|tsv|csv|parquet)(?:\.gz)?")
_CORPUS = re.compile(r"corpus(?:-\d+)?\.(?:jsonl|tsv|csv|parquet)(?:\.gz)?")


def open_questions(folder: Path, split: str | None, workspace: Workspace, *, kind: QuestionKind | None = None) -> Questions:
    """The questions of a folder for one split: the one asked for, else the only one, else `test`; `all` is every row.

    The folder holds `questions.jsonl` (or .csv, .tsv, .parquet; `questions-0.jsonl`... for shards), and may hold a corpus,
    judgements whose query ids are the questions' (of the split, else the only ones), and a card. Where a question has no
    judgements, its `evidence` is relevant by grade 1. `kind` is that of all questions, where the caller knows it.
    Notes: `dangling_judgements` (of documents that are not in its corpus), `missing_images`, `unreadable_images` and
    `oversized_images` (pictures that questions lost), and those of corpus and judgements.

    Raises UsageError for an unknown split; InputError, with file and line, for what is no question, an id that occurs
    twice, a record that the corpus does not have, and for what is wrong in the other files.
    """
    here = _files(folder)
    witness = Witness()
    gallery = Gallery(folder.absolute(), workspace.progress, witness.counts)
    read = questions_in(folder, gallery, kind)
    splits = sorted({one.split for one in read})
    split = choose_split(splits if split is None and len(splits) == 1 else [*splits, ALL], split, folder)
    own = [one for one in read if split in (one.split, ALL)]
    grades = _grades(own, _judged(folder, here, split, witness))
    notes, corpus = Counter(witness.counts), None
    if any(_CORPUS.fullmatch(path.name) for path in here):
        corpus, _, counted = open_folder_corpus(folder, workspace)
        notes += Counter(counted)
        notes["dangling_judgements"] = _dangling(grades, corpus)
        _check_records(own, corpus)
    card = _card(folder, own)
    found = Questions(card, split, tuple(one.question for one in own), corpus, Qrels(grades), dict(+notes))
    _check_counts(card, folder, found, {name: sum(one.split == name for one in read) for name in splits})
    return found


def questions_in(folder: Path, gallery: Gallery, kind: QuestionKind | None = None) -> list[Read]:
    """The questions of every split of a folder; the gallery counts and names the pictures that are left out."""
    return read_questions(_question_files(folder, _files(folder)), kind, gallery)


def has_questions(folder: Path) -> bool:
    """Whether a folder holds a file of questions."""
    return folder.is_dir() and any(_FILE.fullmatch(path.name) for path in folder.iterdir())


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as problem:
        raise unreadable(folder, problem) from None


def _question_files(folder: Path, here: Sequence[Path]) -> list[Path]:
    """The one file of questions, or its shards by number."""
    named = [(int(part[1] or -1), path) for path in here if (part := _FILE.fullmatch(path.name))]
    found = sorted(named)
    if not found:
        listed = ", ".join(path.name for path in here[:10]) or "none"
        mend = "call them questions.jsonl, .tsv, .csv or .parquet"
        raise InputError(f"no questions; the files there are: {listed}", where=str(folder), mend=mend)
    numbers = [number for number, _ in found]
    if len(set(numbers)) < len(numbers) or (numbers[0] == -1 and len(numbers) > 1):
        raise InputError("two files hold the same", where=str(found[1][1]), mend=f"remove it or {found[0][1]}")
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        mend = "fetch the missing shard, or number the shards without a gap"
        raise InputError("a shard of the questions is missing", where=str(folder), mend=mend)
    return [path for _, path in found]


def _judged(folder: Path, here: Sequence[Path], split: str, witness: Witness) -> Grades:
    """The judgements of the split, else of the only file there is, else (for `all`) of every one."""
    inside = sorted((folder / QRELS).iterdir()) if (folder / QRELS).is_dir() else []
    files = judgement_files(list(here), inside)
    chosen = [files[split]] if split in files else list(files.values()) if split == ALL or len(files) == 1 else []
    found: Grades = {}
    for path in chosen:
        for name, judged in read_judgements(path, witness).items():
            found.setdefault(name, {}).update(judged)
    return found


def _grades(own: Sequence[Read], judged: Grades) -> Grades:
    given = {one.question.id: judged.get(one.question.id) or dict.fromkeys(one.evidence, 1) for one in own}
    return {name: grades for name, grades in given.items() if grades}


def _dangling(grades: Grades, corpus: Corpus) -> int:
    """The judgements whose document is neither in the corpus nor the parent of one that is."""
    judged = [document for documents in grades.values() for document in documents]
    rows = corpus.rows_of(pa.array(judged, pa.string()))
    parents = set() if corpus.parents is None else set(pc.unique(corpus.parents).to_pylist())
    return sum(row < 0 and document not in parents for document, row in zip(judged, rows, strict=True))


def _check_records(own: Sequence[Read], corpus: Corpus) -> None:
    """Nothing, where every record that a question names is the parent of a document."""
    known = set() if corpus.parents is None else set(pc.unique(corpus.parents).to_pylist())
    for one in own:
        if one.question.record and one.question.record not in known:
            what = f"question {one.question.id!r} is of the record {one.question.record!r}, which no document has as its parent"
            raise InputError(what, where=one.place, mend="give the documents of a record its id as `parent`")


def _card(folder: Path, own: Sequence[Read]) -> Card:
    """The folder's card; its language, where it names none, is that of the questions' field, else told by their texts."""
    name = folder.resolve().name
    card = read_card(folder / CARD_FILE, name=name) if (folder / CARD_FILE).exists() else Card(name)
    stated = {one.question.metadata.get("language") for one in own}
    if card.language == "unknown" and all(isinstance(language, str) for language in stated):
        return replace(card, language=str(stated.pop()) if len(stated) == 1 else SEVERAL_LANGUAGES)
    return with_language(card, [one.question.text for one in own])


def _check_counts(card: Card, folder: Path, found: Questions, splits: Mapping[str, int]) -> None:
    """Nothing, where the counts hold that the card gives of questions (of this split, `questions_SPLIT`) and documents."""
    counted = {**found.describe(), **{f"questions_{name}": count for name, count in splits.items()}}
    for what, count in counted.items():
        if card.counts.get(what, count) != count:
            said = f"the card says {card.counts[what]:,} {what}, the files {count:,}"
            raise InputError(said, where=str(folder / CARD_FILE), mend="mend one of them")
