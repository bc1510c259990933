"""Which files of a folder are its corpus, its queries and its judgements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError
from .streams import unreadable

_TABLE = r"(jsonl|tsv|csv|parquet)(\.gz)?"
_PART = re.compile(rf"(corpus|queries)(?:-(\d+))?\.{_TABLE}")
_JUDGED = re.compile(rf"(?P<split>[^.].*?)\.(txt|{_TABLE})")
_JUDGED_BESIDE = re.compile(rf"qrels(?:-(?P<split>.+?))?\.(txt|{_TABLE})")
_PAPERS = ("readme", "license", "licence")
QRELS = "qrels"
ONLY_SPLIT = "test"


@dataclass(frozen=True)
class Layout:
    """The files of one folder: the parts of its corpus and of its queries in reading order, and its judgements by split."""

    folder: Path
    corpus: tuple[Path, ...]
    queries: tuple[Path, ...]
    judgements: Mapping[str, Path]

    @property
    def query_files(self) -> tuple[Path, ...]:
        """The parts of its queries. Raises InputError where it has none."""
        if not self.queries:
            raise InputError("no queries", where=str(self.folder), mend="call them queries.jsonl, .tsv, .csv or .parquet")
        return self.queries

    def split(self, wanted: str | None) -> str:
        """The split to use: the one wanted, else the only one, else `test`. Raises UsageError that lists those there."""
        splits = sorted(self.judgements)
        if wanted is None and splits:
            wanted = splits[0] if len(splits) == 1 else ONLY_SPLIT
        if wanted is None:
            raise InputError("no judgements", where=str(self.folder), mend="put them into qrels/<split>.tsv or qrels.tsv")
        if wanted not in splits:
            listed = ", ".join(splits) or "none"
            raise UsageError(f"no split {wanted!r}", where=str(self.folder), mend=f"choose one with --split; there are: {listed}")
        return wanted


def layout_of(folder: Path) -> Layout:
    """The files in `folder`. Raises InputError without a corpus, and where two files claim one place or a shard lacks."""
    try:
        here = sorted(path for path in folder.iterdir() if path.is_file())
        inside = sorted((folder / QRELS).iterdir()) if (folder / QRELS).is_dir() else []
    except OSError as problem:
        raise unreadable(folder, problem) from None
    corpus = _parts(folder, here, "corpus")
    if not corpus:
        listed = ", ".join(path.name for path in here[:10]) or "none"
        raise InputError(
            f"no corpus; the files there are: {listed}", where=str(folder), mend="call it corpus.jsonl, .tsv, .csv or .parquet"
        )
    return Layout(folder, corpus, _parts(folder, here, "queries"), _judgements(here, inside))


def _parts(folder: Path, here: list[Path], kind: str) -> tuple[Path, ...]:
    """The one file of this kind, or its shards by number."""
    found: dict[int, Path] = {}
    for path in here:
        part = _PART.fullmatch(path.name)
        if part and part[1] == kind:
            _claim(found, int(part[2]) if part[2] else -1, path)
    numbers = sorted(found)
    if -1 in found and len(found) > 1:
        raise _two(found[-1], found[numbers[1]])
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        lacking = next(number for number in range(numbers[0], numbers[-1]) if number not in found)
        raise InputError(
            f"the shard {kind}-{lacking} is missing", where=str(folder), mend="fetch it, or number the shards without a gap"
        )
    return tuple(found[number] for number in numbers)


def _judgements(here: list[Path], inside: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in here:
        if named := _JUDGED_BESIDE.fullmatch(path.name):
            _claim(found, named["split"] or ONLY_SPLIT, path)
    for path in inside:
        if path.is_file() and (named := _JUDGED.fullmatch(path.name)) and not path.name.lower().startswith(_PAPERS):
            _claim(found, named["split"], path)
    return found


def _claim(found: dict[Any, Path], key: int | str, path: Path) -> None:
    if key in found:
        raise _two(found[key], path)
    found[key] = path


def _two(first: Path, second: Path) -> InputError:
    return InputError("two files hold the same", where=str(second), mend=f"remove it or {first}")
