"""Which queries of a folder may be trained on, and how those that may not are kept to be measured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpora import Collection, InputError, Qrels, UsageError
from corpora.card_file import read_table
from corpora.catalogue import open_folder
from corpora.folder import CARD_FILE
from corpora.generations import FOLDER as GENERATIONS
from corpora.reading import Witness, layout_of, read_judgements
from corpora.workspace import Workspace

MEASURED = "test"
HELD_OUT = "heldout"
_JUDGEMENT = ("query-id", "corpus-id", "score")


@dataclass(frozen=True)
class Divided:
    """A split as it is, the part of it that is trained on, the ids of the queries held out, and how many queries were left
    out since the split `test` asks them too.
    """

    whole: Collection
    train: Collection
    held_out: tuple[str, ...]
    left_out: int


def open_for_training(folder: Path, split: str, holdout: float, seed: int, workspace: Workspace) -> Divided:
    """The queries of a split that may be trained on.

    The split `test` is there to be measured: it is refused, unless it is the only one and a share of it is held out; of
    another split, queries that `test` asks too are left out. Raises UsageError for what is refused.
    """
    splits = sorted(layout_of(folder).judgements)
    if split == MEASURED and not (holdout and splits == [MEASURED]):
        mend = f"train on another split ({', '.join(s for s in splits if s != MEASURED) or 'there is none'})"
        more = "" if splits != [MEASURED] else ", or hold a share of it out: --holdout 0.3"
        raise UsageError(
            "the split 'test' is measured, and what is measured is not trained on", where=str(folder), mend=mend + more
        )
    if not 0 <= holdout < 1:
        raise UsageError(f"--holdout {holdout} is no share", mend="for example: --holdout 0.3")
    of = open_folder(folder, split, workspace)
    shared = _asked_by_test(folder) if split != MEASURED and MEASURED in splits else frozenset()
    free = [name for name in of.queries.ids if name not in shared]
    held = _drawn(free, holdout, seed)
    train = only(of, [name for name in free if name not in set(held)])
    if not len(train.queries):
        what = "no query is left to train on: the split 'test' asks all of them, or all are held out"
        raise InputError(what, where=f"{folder}, split {split}", mend="choose another split, or a smaller --holdout")
    return Divided(of, train, held, len(of.queries) - len(free))


def only(of: Collection, ids: Sequence[str]) -> Collection:
    """The collection with only these queries and their judgements."""
    row_of = {name: row for row, name in enumerate(of.queries.ids)}
    qrels = Qrels({name: of.qrels.grades[name] for name in ids}, of.qrels.ignored)
    return replace(of, queries=of.queries.take([row_of[name] for name in ids]), qrels=qrels)


def _drawn(ids: Sequence[str], share: float, seed: int) -> tuple[str, ...]:
    """A share of the ids, in id order; the same for a seed, whatever order they came in."""
    ordered = sorted(ids)
    rows = np.random.default_rng(seed).permutation(len(ordered))[: round(share * len(ordered))]
    return tuple(sorted(ordered[row] for row in rows.tolist()))


def _asked_by_test(folder: Path) -> frozenset[str]:
    return frozenset(read_judgements(layout_of(folder).judgements[MEASURED], Witness()))


def write_held_out(place: Path, folder: Path, divided: Divided) -> None:
    """A folder that asks only the held-out queries: links to the files of `folder`, and the judgements of its one split.

    Its card is that of `folder` less the counts, which hold for the whole. One that is there already stays, if it asks the
    same; else that is an InputError.
    """
    grades = divided.whole.qrels.grades
    rows = [(name, doc, grade) for name in divided.held_out for doc, grade in grades[name].items()]
    judged = "".join(json.dumps(dict(zip(_JUDGEMENT, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    file = place / "qrels" / f"{HELD_OUT}.jsonl"
    if place.exists():
        if not file.is_file() or file.read_text("utf-8") != judged:
            raise InputError("holds something else than these held-out queries", where=str(place), mend="remove it")
        return
    with whole_folder(place) as draft:
        _link(draft, folder.resolve())
        (draft / CARD_FILE).write_text(card_text(folder, divided.whole.name), "utf-8")
        (draft / "qrels").mkdir()
        (draft / file.relative_to(place)).write_text(judged, "utf-8")


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder to fill beside `place`, which becomes it in one rename."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as rest:
        draft = Path(rest) / place.name
        draft.mkdir()
        yield draft
        draft.rename(place)


def _link(place: Path, folder: Path) -> None:
    layout = layout_of(folder)
    more = [folder / GENERATIONS] if (folder / GENERATIONS).is_dir() else []
    for path in [*layout.corpus, *layout.query_files, *more]:
        (place / path.name).symlink_to(path.resolve())


def card_text(folder: Path, name: str) -> str:
    """The card of a folder as TOML less its counts, or one of this name; its values are written as JSON writes them."""
    path = folder / CARD_FILE
    card = {"name": name, **(read_table(path) if path.exists() else {})}
    return "".join(f"{key} = {json.dumps(card[key], ensure_ascii=False)}\n" for key in card if key != "counts")
