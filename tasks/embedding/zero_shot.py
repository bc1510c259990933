"""Zero-shot classification: a picture gets the label whose prompts lie nearest to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, UsageError
from corpora.labelled import Labels
from corpora.state import digest_json

from ..intervals import bootstrap_interval
from ..result import PerQuery, Value
from .confusion import BALANCED, Confusion
from .items import Items, content, without
from .resampling import percentile_values
from .scikit import Codes, Vectors
from .task import Scored

MEASURES = ("accuracy", BALANCED, "f1")
DEFAULT = MEASURES
PLACE = "{label}"
TEMPLATES = ("a medical image of {label}",)
TIE = 1e-12
"""Cosines (float64) closer than this are equal: sums in another order."""


@dataclass(frozen=True)
class ZeroShot:
    """Pictures that each get one of the labels of `data`, by the cosine with the label's vector; nothing is learnt from them.

    A label's prompts are the `templates` with its name (in `names`, or else itself) for `{label}`. Their vectors, each brought
    to length 1, are averaged and brought to length 1 again (Radford et al. 2021, "Learning Transferable Visual Models From
    Natural Language Supervision", section 3.1.4). Of labels that are equally near the first in order is taken. `f1` is the macro
    average. An interval resamples the pictures (10,000 times, seed 0). `where` is what messages call the data.
    """

    data: Labels
    templates: tuple[str, ...] = TEMPLATES
    names: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    type = "zero-shot"
    unit = "images"

    def __post_init__(self) -> None:
        """Raise InputError for data without pictures or with one label, UsageError for templates and names that do not fit it."""
        if not self.data.images:
            raise InputError("there are no pictures in it", where=self.where, mend="zero-shot classifies pictures by prompts")
        if len(self.labels) < 2:
            what = f"all pictures have the label {self.labels[0]!r}"
            raise InputError(what, where=self.where, mend="classification needs two labels or more")
        self._check_words()

    def _check_words(self) -> None:
        wrong = next((one for one in self.templates if PLACE not in one), None)
        if wrong is not None or not self.templates:
            what = "there is no template" if wrong is None else f"the template {wrong!r} does not say where the label stands"
            raise UsageError(what, where=self.where, mend=f'write {PLACE} for it: "a {PLACE} radiograph"')
        if unknown := sorted(set(self.names) - set(self.labels)):
            raise UsageError(f"no label is {unknown[0]!r}", where=self.where, mend=f"there are: {', '.join(self.labels)}")
        name, count = Counter(self._spoken.values()).most_common(1)[0]
        if count > 1 or not all(one.strip() for one in self._spoken.values()):
            what = f"{count} labels are called {name!r}" if count > 1 else "the name of a label is empty"
            raise UsageError(what, where=self.where, mend="give every label a name of its own")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(sorted(set(self.data.labels)))

    @property
    def _spoken(self) -> dict[str, str]:
        return {label: self.names.get(label, label) for label in self.labels}

    @property
    def prompts(self) -> dict[str, list[str]]:
        """Per label its prompts, one a template."""
        return {label: [one.replace(PLACE, name) for one in self.templates] for label, name in self._spoken.items()}

    @property
    def size(self) -> int:
        """How many pictures are classified."""
        return len(self.data)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data, the prompts, and that a picture is right or wrong (`binary`)."""
        return {
            "scoring": "zero-shot-1",
            "binary": True,
            "prompts": self.prompts,
            "corpus": digest_json(content(self.data)),
            "queries": digest_json(self.data.ids),
            "qrels": digest_json(self.data.labels),
        }

    @property
    def notes(self) -> Mapping[str, int]:
        """`labels`, `templates`, and `repeated_images`."""
        return {
            "labels": len(self.labels),
            "templates": len(self.templates),
            "repeated_images": self.size - len(set(content(self.data))),
        }

    def items(self) -> Items:
        """The prompts, label by label, and the pictures."""
        prompts = [(label, prompt) for label, own in self.prompts.items() for prompt in own]
        pictures = Items.of(self.data)
        return replace(pictures, texts=[prompt for _, prompt in prompts], text_ids=[label for label, _ in prompts])

    def without(self, keys: Collection[str]) -> ZeroShot:
        """The same over the data less the pictures of these keys; labels that no picture is left of are not guessed."""
        kept = without(self.data, keys, self.where)
        return replace(self, data=kept, names={label: self.names[label] for label in self.names if label in kept.labels})

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures; of each picture, whether its label was found (`accuracy`, 1 or 0)."""
        place = {label: code for code, label in enumerate(self.labels)}
        gold = np.array([place[label] for label in self.data.labels], np.int64)
        guesses, tied = self._guesses(vectors)
        correct = (guesses == gold).astype(np.float64)
        table = Confusion.of(gold, guesses[None, :])
        values = percentile_values(self.size, lambda counts: table.measured(counts, set(measures) - {"accuracy"}))
        if "accuracy" in measures:
            one = bootstrap_interval(correct)
            values["accuracy"] = Value(one.mean, one.low, one.high)
        return Scored(values, PerQuery(self.data.ids, (), {"accuracy": correct}), {"tied_images": tied})

    def _guesses(self, vectors: Vectors) -> tuple[Codes, int]:
        """The place of each picture's nearest label, int64 (n), and of how many pictures two or more are equally near."""
        count = len(self.labels) * len(self.templates)
        prompts, pictures = _unit(vectors[:count].astype(np.float64)), _unit(vectors[count:].astype(np.float64))
        classes = _unit(prompts.reshape(len(self.labels), len(self.templates), -1).mean(axis=1))
        cosines = pictures @ classes.T
        nearest = cosines >= cosines.max(axis=1, keepdims=True) - TIE
        return nearest.argmax(axis=1), int((nearest.sum(axis=1) > 1).sum())


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows at length 1; a row of zeros (prompts that cancel out) stays."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
