"""Classification as mteb measures it: a logistic regression learns from eight examples a label, ten times over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError
from corpora.labelled import Labels
from corpora.state import digest_json

from ..intervals import bootstrap_interval
from ..result import PerQuery, Value
from .confusion import AVERAGED, Confusion
from .items import Items, content, counted_empty, noun, without
from .resampling import percentile_values
from .scikit import Codes, Vectors, predict
from .task import Scored

MEASURES = ("accuracy", *AVERAGED)
DEFAULT = ("accuracy", "f1", "f1_weighted")


@dataclass(frozen=True)
class Classification:
    """Labels learnt from `train` and predicted for every text of `test`, or for every picture where both are of pictures.

    In each of `experiments` the rows of `train` are shuffled, going on from where the last shuffle left them, always
    with a generator newly seeded, and the first `samples` of each label are learnt from. Values are means over the
    experiments; an interval resamples the texts of `test` (10,000 times, seed 0). `where` is what messages call the data.
    """

    train: Labels
    test: Labels
    experiments: int = 10
    samples: int = 8
    seed: int = 42
    counted: Mapping[str, int] = field(default_factory=dict)
    where: str = ""

    type = "classification"

    def __post_init__(self) -> None:
        """Raise InputError where there is nothing to tell apart."""
        if len(set(self.train.labels)) < 2:
            what = f"all {self.unit} to learn from have the label {self.train.labels[0]!r}"
            raise InputError(what, where=self.where, mend="classification needs two labels or more")

    @property
    def unit(self) -> str:
        """Texts or images."""
        return noun(self.test)

    @property
    def size(self) -> int:
        """How many of them are predicted."""
        return len(self.test)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Digests of both parts, and every parameter."""
        return {
            "scoring": f"classification-1 ({self.experiments} x {self.samples}, seed {self.seed})",
            "corpus": digest_json([content(self.train), content(self.test)]),
            "queries": digest_json([self.train.ids, self.test.ids]),
            "qrels": digest_json([self.train.labels, self.test.labels]),
        }

    @property
    def notes(self) -> Mapping[str, int]:
        """`train_texts`, `empty_texts`, `repeated_texts` (of the test), those in the training part too, and odd labels.

        Of pictures, the same of `images`, none of which is empty.
        """
        learnt, asked, train, unit = Counter(self.train.labels), content(self.test), content(self.train), self.unit
        return {
            f"train_{unit}": len(self.train),
            **counted_empty(self.train, self.test),
            f"repeated_{unit}": len(asked) - len(set(asked)),
            f"test_{unit}_learnt_from": len(set(asked) & {train[row] for row in self._used}),
            "single_example_labels": sum(count == 1 for count in learnt.values()),
            "unknown_labels": len(set(self.test.labels) - set(learnt)),
            **self.counted,
        }

    @cached_property
    def picks(self) -> list[Codes]:
        """The rows of `train` that each experiment learns from, int64."""
        rows = np.arange(len(self.train))
        found = []
        for _ in range(self.experiments):
            np.random.RandomState(self.seed).shuffle(rows)
            found.append(self._first_of_each(rows))
        return found

    def _first_of_each(self, rows: Codes) -> Codes:
        taken: Counter[str] = Counter()
        kept = []
        for row in rows.tolist():
            label = self.train.labels[row]
            if taken[label] < self.samples:
                taken[label] += 1
                kept.append(row)
        return np.array(kept, np.int64)

    @cached_property
    def _used(self) -> list[int]:
        """The rows of `train` that any experiment learns from."""
        return sorted({row for picked in self.picks for row in picked.tolist()})

    def items(self) -> Items:
        """What is learnt from, then what is predicted."""
        return Items.of(self.train.take(self._used), self.test)

    def without(self, keys: Collection[str]) -> Classification:
        """The same over the data less the pictures of these keys."""
        train, test = (without(part, keys, self.where) for part in (self.train, self.test))
        return replace(self, train=train, test=test)

    def score(self, vectors: Vectors, measures: Sequence[str]) -> Scored:
        """The measures; of each text, the share of the experiments that got it right (`accuracy`)."""
        gold, guesses, slow = self._guesses(vectors)
        correct = (guesses == gold).mean(axis=0)
        table = Confusion.of(gold, guesses)
        values = percentile_values(self.size, lambda counts: table.measured(counts, set(measures) & set(AVERAGED)))
        if "accuracy" in measures:
            one = bootstrap_interval(correct)
            values["accuracy"] = Value(one.mean, one.low, one.high)
        return Scored(values, PerQuery(self.test.ids, (), {"accuracy": correct}), {"unconverged_experiments": slow})

    def _guesses(self, vectors: Vectors) -> tuple[Codes, NDArray[np.int64], int]:
        """The label codes of the test, int64 (n), what each experiment guessed (e, n), and how many did not converge."""
        _, codes = np.unique(np.array([*self.train.labels, *self.test.labels], object).astype(str), return_inverse=True)
        known, gold = codes[: len(self.train)], codes[len(self.train) :]
        place = {row: at for at, row in enumerate(self._used)}
        asked = vectors[len(self._used) :]
        found = [
            predict(vectors[[place[row] for row in picked.tolist()]], known[picked], asked, self.seed) for picked in self.picks
        ]
        return gold, np.stack([guess for guess, _ in found]), sum(not done for _, done in found)
