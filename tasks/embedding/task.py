"""An embedding task: texts or pictures, and the recipe by which their vectors are scored."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora import Card, Role
from corpora.images import FAULTS_NAMED
from corpora.workspace import Workspace

from ..result import PerQuery, Result, Value
from ..task import Evaluated
from .items import Items
from .vectors import EmbeddedItems, EncoderSystem, embed_items

Vectors = NDArray[np.float32]
"""How many pictures that could not be decoded are named in a result; all are counted."""


@dataclass(frozen=True)
class Scored:
    """Every measure's value with its interval, the values of single items, pairs or experiments, and counts."""

    values: Mapping[str, Value]
    per_item: PerQuery
    notes: Mapping[str, int]


class Recipe(Protocol):
    """Data with the way in which it is scored; `unit` names what its `size` counts (texts, images or pairs)."""

    @property
    def type(self) -> str:
        """The task type: classification, clustering, zero-shot, pair or sts."""
        ...

    @property
    def unit(self) -> str:
        """Texts, images or pairs."""
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

    def items(self) -> Items:
        """What is embedded."""
        ...

    def without(self, keys: Collection[str]) -> Recipe:
        """The same over the data less the pictures of these keys (`ImageRef.key`), as if they had never been there."""
        ...

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures of the items' vectors, float32 (n, d)."""
        ...


@dataclass(frozen=True)
class EmbeddingTask:
    """A recipe over the data of one split. `measures[0]` is the main one.

    Items are embedded in `role`: mteb encodes them with no query or document prompt, which is `plain`. A picture that cannot be
    decoded is left out, counted (`undecodable_images`), and named in the result's details.
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
        recipe, found, undecodable = self._embedded(system, workspace)
        embedded = time.perf_counter()
        scored = recipe.score(found.vectors, self.measures)
        notes = {**self.notes, **recipe.notes, **found.notes, **scored.notes, "undecodable_images": len(undecodable)}
        result = Result(
            task=self.name,
            subset=self.card.subset,
            split=self.split,
            system=system.spec,
            k=0,
            queries=recipe.size,
            unit=recipe.unit,
            measures={name: scored.values[name] for name in self.measures},
            notes={name: count for name, count in sorted(notes.items()) if count},
            per_query=scored.per_item,
            prompts=_echo(system, recipe.items(), self.role),
            details={"faulty_images": list(undecodable.values())[:FAULTS_NAMED]} if undecodable else {},
        )
        seconds = {"embed": embedded - began, "score": time.perf_counter() - embedded}
        return Evaluated(result, None, seconds)

    def _embedded(self, system: EncoderSystem, workspace: Workspace) -> tuple[Recipe, EmbeddedItems, dict[str, str]]:
        """The recipe over what can be read, its vectors, and what cannot: other pictures may take the place of those left out."""
        recipe, undecodable = self.recipe, dict[str, str]()
        while True:
            found = embed_items(system.encoder, recipe.items(), self.role, workspace)
            if not found.undecodable:
                return recipe, found, undecodable
            undecodable |= found.undecodable
            recipe = recipe.without(undecodable)


def _echo(system: EncoderSystem, items: Items, role: Role) -> dict[str, Any]:
    """The first text as the model is fed it, and the key of the first picture."""
    shown: dict[str, Any] = {"text": system.encoder.echo([items.texts[0]], role)} if items.texts else {}
    return shown | ({"image": items.images[0].key} if items.images else {})
