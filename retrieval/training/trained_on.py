"""What a model folder was trained on, so that measuring it on the same queries can be told from a fair measurement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora import ImageRef, InputError
from corpora.images import pinned

from ..spec import Spec, parse_spec

TRAINING = "training.json"
QUERIES = "training_queries.json"
PICTURES = "training_pictures.json"


@dataclass(frozen=True)
class TrainedOn:
    """The labelled data behind a model: collection, split, corpus fingerprint, and the ids of the queries trained on."""

    collection: str
    split: str
    corpus: str
    queries: frozenset[str]

    def shared(self, corpus: str, queries: Iterable[str]) -> int:
        """How many of these queries over the corpus of this fingerprint were trained on; 0 over another corpus."""
        return sum(query in self.queries for query in queries) if corpus == self.corpus else 0


def trained_on(folder: Path) -> TrainedOn | None:
    """What the model in `folder` was trained on; None where the folder says nothing of it.

    Raises InputError where its record cannot be read.
    """
    if not (folder / TRAINING).is_file() or not (folder / QUERIES).is_file():
        return None
    data = _read(folder / TRAINING).get("data", {})
    queries = _read(folder / QUERIES)
    return TrainedOn(data.get("collection", ""), data.get("split", ""), data.get("corpus", ""), frozenset(queries))


def shared_queries(spec: str, corpus: str, queries: Iterable[str]) -> int:
    """How many of these queries over the corpus of this fingerprint a model that a SPEC names by its folder was trained on."""
    seen = [record for folder in _folders(parse_spec(spec)) if (record := trained_on(folder)) and record.corpus == corpus]
    every = frozenset().union(*(record.queries for record in seen))
    return sum(query in every for query in queries)


def shared_pictures(spec: str, images: Iterable[ImageRef]) -> int:
    """How many of these pictures' files a model that a SPEC names by its folder was trained on, each counted once.

    Raises InputError where a model's record cannot be read.
    """
    records = [folder / PICTURES for folder in _folders(parse_spec(spec)) if (folder / PICTURES).is_file()]
    seen = frozenset[str]().union(*(_read(record) for record in records))
    return len(seen & {pinned(image).sha256 for image in images}) if seen else 0


def _folders(spec: Spec) -> Iterator[Path]:
    """The folders that a SPEC and those inside it name, as a target, an argument or an option."""
    for word in filter(None, (spec.target, spec.name, *(value for _, value in spec.options))):
        if (folder := Path(word).expanduser()).is_dir():
            yield folder
    for inner in spec.args:
        yield from _folders(inner)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(f"cannot be read: {problem}", where=str(path), mend="train the model again") from None
