"""Which models are known to have been trained on what, so that a score on seen data can be marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from corpora.card_file import read_table
from corpora.errors import InputError

FILE = Path(__file__).with_name("models.toml")


@dataclass(frozen=True)
class TrainedOn:
    """A model's name, the tasks or data sets that it was trained on, and who says so."""

    model: str
    trained_on: tuple[str, ...]
    source: str


@cache
def models() -> Mapping[str, TrainedOn]:
    """All models of which training data are stated, by name. Raises InputError where the file is wrong."""
    found = {}
    for name, table in read_table(FILE).items():
        if set(table) != {"trained_on", "source"}:
            raise InputError(f"{name!r} has the keys {', '.join(table)}", where=str(FILE), mend="give trained_on and source")
        found[name] = TrainedOn(name, tuple(table["trained_on"]), table["source"])
    return MappingProxyType(found)


def seen_by(task: str) -> list[str]:
    """The models known to have been trained on a task, sorted."""
    return sorted(name for name, model in models().items() if task in model.trained_on)
