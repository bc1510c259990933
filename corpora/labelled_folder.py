"""A folder's `labels` and `pairs` files as labelled texts and as pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from .card_file import read_card
from .collection import Card
from .errors import InputError, UsageError
from .folder import CARD_FILE
from .labelled import LabelledTexts, Labels, TextPairs
from .language import count_language
from .reading.formats import rows_of
from .reading.labelled import ONLY_SPLIT, VALUES, PairRecord, TextRecord, labelled_records, pair_records
from .reading.streams import unreadable
from .reading.witness import Witness

FORMATS = ("jsonl", "tsv", "csv", "parquet")
_LANGUAGE_TEXTS = 256

Record = TypeVar("Record", bound="TextRecord | PairRecord")


def read_labelled(folder: Path) -> LabelledTexts:
    """The texts and labels of a folder's `labels` file (JSONL, CSV, TSV or Parquet), by split; `test` where it names none.

    What is empty or repeated stays, and is counted by the task. Raises InputError, with file and line, for a missing
    column, an empty label, and an id that occurs twice.
    """
    path = file_called(folder, "labels")
    witness = Witness()
    records = labelled_records(path, witness)
    splits = {
        split: Labels(tuple(r.id for r in own), tuple(r.text for r in own), tuple(r.label for r in own))
        for split, own in _by_split(records).items()
    }
    card = _card(folder, [record.text for record in records])
    found = LabelledTexts(card, splits, dict(+witness.counts))
    _check_counts(card, folder, found.describe())
    return found


def read_pairs(folder: Path, split: str | None = None, *, values: Sequence[str] = VALUES, valued: bool = True) -> TextPairs:
    """The pairs of one split of a folder's `pairs` file: the split asked for, else the only one, else `test`.

    Their value is in the first of the columns `values` that is there.
    A file without a `label` or `score` column holds aligned pairs, each worth 1: they are refused where `valued`.
    What is empty or repeated stays, and is counted by the task. Raises UsageError for an unknown split;
    InputError, with file and line, for a missing column, a value that is not a finite number, and an id that occurs twice.
    """
    path = file_called(folder, "pairs")
    witness = Witness()
    by_split = _by_split(pair_records(path, witness, values, valued=valued))
    split = choose_split(sorted(by_split), split, folder)
    own = by_split[split]
    card = _card(folder, [text for pair in own for text in (pair.left, pair.right)])
    _check_counts(card, folder, {f"pairs_{name}": len(part) for name, part in by_split.items()})
    return TextPairs(
        card,
        split,
        tuple(pair.id for pair in own),
        tuple(pair.left for pair in own),
        tuple(pair.right for pair in own),
        np.array([pair.value for pair in own], np.float64),
        dict(+witness.counts),
    )


def has_values(folder: Path) -> bool:
    """Whether the pairs of a folder carry a label or a score; without one they are aligned pairs."""
    first = next(rows_of(file_called(folder, "pairs"), Witness()), None)
    return first is not None and any(name in first[2] for name in VALUES)


def holds_only_pairs(folder: Path) -> bool:
    """Whether a folder has pairs and no corpus, so that a retrieval collection is to be made of them."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return any(name.startswith("pairs.") for name in names) and not any(name.startswith("corpus") for name in names)


def file_called(folder: Path, kind: str) -> Path:
    """The one file `kind`.jsonl, .tsv, .csv or .parquet (or .gz) of a folder. Raises InputError where it is not one."""
    names = {f"{kind}.{form}{packed}" for form in FORMATS for packed in ("", ".gz")}
    try:
        here = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as problem:
        raise unreadable(folder, problem) from None
    found = [path for path in here if path.name in names]
    if not found:
        listed = ", ".join(path.name for path in here[:10]) or "none"
        mend = f"call it {kind}.jsonl, .tsv, .csv or .parquet"
        raise InputError(f"no {kind}; the files there are: {listed}", where=str(folder), mend=mend)
    if len(found) > 1:
        raise InputError("two files hold the same", where=str(found[1]), mend=f"remove it or {found[0]}")
    return found[0]


def choose_split(splits: Sequence[str], wanted: str | None, folder: Path) -> str:
    """The split to measure on: the one wanted; else the only one, `test`, or the first whose name begins so.

    Raises UsageError that lists those there are.
    """
    if wanted is None:
        named = [split for split in splits if split.startswith(ONLY_SPLIT)]
        chosen = splits if len(splits) == 1 else [split for split in splits if split == ONLY_SPLIT] or named
        wanted = next(iter(chosen), ONLY_SPLIT)
    if wanted not in splits:
        listed = ", ".join(splits)
        raise UsageError(f"no split {wanted!r}", where=str(folder), mend=f"choose one with --split; there are: {listed}")
    return wanted


def _by_split(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.split, []).append(record)
    return found


def _card(folder: Path, texts: Sequence[str]) -> Card:
    name = folder.resolve().name
    card = read_card(folder / CARD_FILE, name=name) if (folder / CARD_FILE).exists() else Card(name)
    return with_language(card, texts)


def with_language(card: Card, texts: Sequence[str]) -> Card:
    """The card with the language of its texts, told by count where it names none."""
    if card.language != "unknown":
        return card
    told = count_language(texts[:: max(1, len(texts) // _LANGUAGE_TEXTS)][:_LANGUAGE_TEXTS])
    return replace(card, language=told.language, note=f"{card.note} {told.describe()}".strip())


def _check_counts(card: Card, folder: Path, counted: Mapping[str, int]) -> None:
    """Nothing where the counts that the card gives hold; those of other things are another reader's."""
    for what, count in counted.items():
        if card.counts.get(what, count) != count:
            said = f"the card says {card.counts[what]:,} {what}, the file {count:,}"
            raise InputError(said, where=str(folder / CARD_FILE), mend="mend one of them")
