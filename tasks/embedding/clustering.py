"""Clustering as mteb measures it: mini-batch k-means against the labels, by V-measure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from corpora import InputError, UsageError
from corpora.labelled import Labels
from corpora.state import digest_json

from ..intervals import bootstrap_intervals
from ..result import PerQuery, Value
from .items import Items, content, counted_empty, noun, without
from .scikit import Codes, Vectors, ami, clusters, v_measure
from .task import Scored

Form = Literal["fast", "sets"]
MEASURES = ("v_measure", "ami")
DEFAULT = MEASURES
DRAWN, BATCH, BATCH_OF_A_SET = 16_384, 512, 500


@dataclass(frozen=True)
class Clustering:
    """Texts or pictures clustered into as many clusters as they have labels, several times; values are means over these.

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

    def __post_init__(self) -> None:
        """Raise InputError where there is nothing to tell apart, UsageError for a share of what is clustered whole."""
        if self.form == "sets" and (self.fraction, self.most) != (None, None):
            raise UsageError("sets are clustered whole", where=self.where, mend="leave out fraction and most, or use form=fast")
        if len(set(self.data.labels)) < 2:
            what = f"all {self.unit} have the label {self.data.labels[0]!r}"
            raise InputError(what, where=self.where, mend="clustering needs two labels or more")

    @property
    def unit(self) -> str:
        """Texts or images."""
        return noun(self.data)

    @property
    def size(self) -> int:
        """How many of them are embedded."""
        return len(self.used)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of the data, every parameter, and whether the experiments are `restarts` over one set of texts."""
        chosen = f"{self.form}, fraction {self.fraction}, most {self.most}, {self.experiments} x, seed {self.seed}"
        return {
            "scoring": f"clustering-1 ({chosen})",
            "restarts": self.form == "fast",
            "corpus": digest_json(content(self.data)),
            "queries": digest_json([self.data.ids, self.data.sets]),
            "qrels": digest_json(self.data.labels),
        }

    @property
    def notes(self) -> Mapping[str, int]:
        """`empty_texts`, `repeated_texts`, those under several labels (of pictures, `images`), and labels of a single one."""
        used, own, unit = self.used, content(self.used), self.unit
        pairs = set(zip(own, used.labels, strict=True))
        return {
            f"{unit}_left_out": len(self.data) - len(used),
            **counted_empty(used),
            f"repeated_{unit}": len(used) - len(set(own)),
            f"{unit}_under_several_labels": sum(count > 1 for count in Counter(one for one, _ in pairs).values()),
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
            raise InputError(f"{self.fraction} of {n} {self.unit} is none", where=self.where, mend="take a larger fraction")
        return chosen, chosen.sample(range(n), k=wanted)

    @cached_property
    def used(self) -> Labels:
        """What is embedded, in the order in which it was chosen."""
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

    def items(self) -> Items:
        """What is embedded."""
        return Items.of(self.used)

    def without(self, keys: Collection[str]) -> Clustering:
        """The same over the data less the pictures of these keys."""
        return replace(self, data=without(self.data, keys, self.where))

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
