"""An embedding task: texts, and the recipe by which their vectors are scored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora import Card, Role
from corpora.workspace import Workspace

from ..result import PerQuery, Result, Value
from ..task import Evaluated
from .vectors import EncoderSystem, vectors_of

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Scored:
    """Every measure's value with its interval, the values of single texts, pairs or experiments, and counts."""

    values: Mapping[str, Value]
    per_item: PerQuery
    notes: Mapping[str, int]


class Recipe(Protocol):
    """Data with the way in which mteb scores it; `unit` names what its `size` counts (texts or pairs)."""

    @property
    def type(self) -> str:
        """The task type: classification, clustering, pair or sts."""
        ...

    @property
    def unit(self) -> str:
        """Texts or pairs."""
        ...

    @property
    def size(self) -> int:
        """How many of them are scored."""
        ...

    @property
    def notes(self) -> Mapping[str, int]:
        """What is odd in the data, counted."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data, and every parameter, as JSON."""
        ...

    def texts(self) -> tuple[Sequence[str], Sequence[str]]:
        """The n texts to embed, and their ids."""
        ...

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures of the texts' vectors, float32 (n, d)."""
        ...


@dataclass(frozen=True)
class EmbeddingTask:
    """A recipe over the data of one split. `measures[0]` is the main one.

    Texts are embedded in `role`: mteb encodes them with no query or document prompt, which is `plain`.
    """

    card: Card
    split: str
    measures: tuple[str, ...]
    recipe: Recipe
    role: Role = "plain"
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    @property
    def language(self) -> str:
        """The card's language."""
        return self.card.language

    @property
    def libraries(self) -> tuple[str, ...]:
        """What fits and measures."""
        return ("scikit-learn", "scipy")

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything but the encoder that can move a score, as JSON."""
        about = {
            "task": self.name,
            "version": self.card.version,
            "split": self.split,
            "language": self.language,
            "subset": self.card.subset,
        }
        counted = {"notes": dict(self.notes), "measures": list(self.measures), "role": self.role, "k": 0}
        return {**about, **self.recipe.identity, **counted}

    @property
    def config(self) -> dict[str, Any]:
        """What was asked, as flat values."""
        about = {"task": self.name, "type": self.recipe.type, "split": self.split}
        return {**about, "measures": list(self.measures), "role": self.role}

    def evaluate(self, system: EncoderSystem, workspace: Workspace) -> Evaluated:
        """The texts embedded and scored."""
        began = time.perf_counter()
        texts, ids = self.recipe.texts()
        vectors, cut = vectors_of(system.encoder, texts, ids, self.role, workspace)
        embedded = time.perf_counter()
        scored = self.recipe.score(vectors, self.measures)
        notes = {**self.notes, **self.recipe.notes, **cut, **scored.notes}
        result = Result(
            task=self.name,
            subset=self.card.subset,
            split=self.split,
            system=system.spec,
            k=0,
            queries=self.recipe.size,
            unit=self.recipe.unit,
            measures={name: scored.values[name] for name in self.measures},
            notes={name: count for name, count in sorted(notes.items()) if count},
            per_query=scored.per_item,
            prompts={"text": system.encoder.echo([texts[0]], self.role)},
        )
        seconds = {"embed": embedded - began, "score": time.perf_counter() - embedded}
        return Evaluated(result, None, seconds)
