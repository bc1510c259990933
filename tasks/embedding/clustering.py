"""Clustering as mteb measures it: mini-batch k-means against the labels, by V-measure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from corpora import InputError, UsageError
from corpora.labelled import Labels
from corpora.state import digest_json

from ..intervals import bootstrap_intervals
from ..result import PerQuery, Value
from .scikit import Codes, Vectors, ami, clusters, v_measure
from .task import Scored

Form = Literal["fast", "sets"]
MEASURES = ("v_measure", "ami")
DEFAULT = MEASURES
DRAWN, BATCH, BATCH_OF_A_SET = 16_384, 512, 500


@dataclass(frozen=True)
class Clustering:
    """Texts clustered into as many clusters as they have labels, several times; values are means over these experiments.

    `fast` (mteb's newer form): of the texts the share `fraction` is taken (all where None), or at most `most`, without
    replacement; then each of `experiments` draws 16,384 of them with replacement and clusters those in batches of 512.
    `sets` (its older form): every ready-made set (`Labels.sets`; all texts, where there are none) is clustered whole in
    batches of 500. One seed for all draws and starts. An interval resamples the experiments. `where` is what messages call
    the data.
    """

    data: Labels
    form: Form = "fast"
    fraction: float | None = None
    most: int | None = None
    experiments: int = 10
    seed: int = 42
    counted: Mapping[str, int] = field(default_factory=dict)
    where: str = ""

    type = "clustering"
    unit = "texts"

    def __post_init__(self) -> None:
        """Raise InputError where there is nothing to tell apart, UsageError for a share of what is clustered whole."""
        if self.form == "sets" and (self.fraction, self.most) != (None, None):
            raise UsageError("sets are clustered whole", where=self.where, mend="leave out fraction and most, or use form=fast")
        if len(set(self.data.labels)) < 2:
            what = f"all texts have the label {self.data.labels[0]!r}"
            raise InputError(what, where=self.where, mend="clustering needs two labels or more")

    @property
    def size(self) -> int:
        """How many texts are embedded."""
        return len(self.used)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data, every parameter, and whether the experiments are `restarts` over one set of texts."""
        chosen = f"{self.form}, fraction {self.fraction}, most {self.most}, {self.experiments} x, seed {self.seed}"
        return {
            "scoring": f"clustering-1 ({chosen})",
            "restarts": self.form == "fast",
            "corpus": digest_json(self.data.texts),
            "queries": digest_json([self.data.ids, self.data.sets]),
            "qrels": digest_json(self.data.labels),
        }

    @property
    def notes(self) -> Mapping[str, int]:
        """`empty_texts`, `repeated_texts`, those under `conflicting` labels, and labels of a single text."""
        used = self.used
        pairs = set(zip(used.texts, used.labels, strict=True))
        return {
            "texts_left_out": len(self.data) - len(used),
            "empty_texts": sum(not text.strip() for text in used.texts),
            "repeated_texts": len(used) - len(set(used.texts)),
            "texts_under_several_labels": sum(count > 1 for count in Counter(text for text, _ in pairs).values()),
            "single_example_labels": sum(count == 1 for count in Counter(used.labels).values()),
            **self.counted,
        }

    @cached_property
    def _random(self) -> tuple[random.Random, list[int]]:
        """The generator, and the rows that it chose first."""
        chosen = random.Random(self.seed)  # noqa: S311, mteb's own generator, so that its draws are the same
        n = len(self.data)
        wanted = n if self.fraction is None else int(self.fraction * n)
        wanted = min(n, wanted, self.most or n)
        if self.form == "sets" or (self.fraction is None and self.most is None):
            return chosen, list(range(n))
        if wanted < 1:
            raise InputError(f"{self.fraction} of {n} texts is none", where=self.where, mend="take a larger fraction")
        return chosen, chosen.sample(range(n), k=wanted)

    @cached_property
    def used(self) -> Labels:
        """The texts that are embedded, in the order in which they were chosen."""
        return self.data.take(self._random[1])

    @cached_property
    def draws(self) -> list[Codes]:
        """The rows of `used` that each experiment clusters, int64."""
        if self.form == "sets":
            names = np.array(self.used.sets or [""] * len(self.used), object).astype(str)
            return [np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())]
        chosen, rows = random.Random(), range(len(self.used))  # noqa: S311
        chosen.setstate(self._random[0].getstate())
        return [np.array(chosen.choices(rows, k=DRAWN), np.int64) for _ in range(self.experiments)]

    def texts(self) -> tuple[Sequence[str], Sequence[str]]:
        """The texts that are embedded."""
        return self.used.texts, self.used.ids

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures, and those of each experiment."""
        _, codes = np.unique(np.array(self.used.labels, object).astype(str), return_inverse=True)
        k = len(np.unique(codes))
        found = [self._experiment(vectors[rows], codes[rows], k, measures) for rows in self.draws]
        columns = {name: np.array([one[name] for one in found]) for name in measures}
        intervals = bootstrap_intervals(np.stack(list(columns.values())))
        values = {name: Value(one.mean, one.low, one.high) for name, one in zip(columns, intervals, strict=True)}
        ids = tuple(f"experiment-{number}" for number in range(1, len(found) + 1))
        return Scored(values, PerQuery(ids, (), columns), {"labels": k, "experiments": len(found)})

    def _experiment(self, vectors: Vectors, codes: Codes, k: int, measures: Sequence[str]) -> dict[str, float]:
        if self.form == "sets":
            k = len(np.unique(codes))
        if k == 1:
            return dict.fromkeys(measures, 1.0)
        found = clusters(vectors, k, BATCH_OF_A_SET if self.form == "sets" else BATCH, self.seed)
        return {name: {"v_measure": v_measure, "ami": ami}[name](codes, found) for name in measures}
