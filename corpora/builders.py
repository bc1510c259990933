"""Tasks of anybody's own data: aligned pairs give retrieval and pair classification, a label column gives
classification and clustering.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from .collection import Card, Collection
from .corpus import corpus_of
from .errors import InputError
from .labelled import LabelledTexts, Labels, TextPairs
from .labelled_folder import with_language
from .queries import Qrels, Queries
from .reading.labelled import ONLY_SPLIT

POOL = 16


def labelled_column(
    card: Card, texts: Sequence[str], labels: Sequence[str], ids: Sequence[str] = (), splits: Sequence[str] = ()
) -> LabelledTexts:
    """Texts with their labels, for classification and clustering; ids t1, t2... and the split `test` where none are given.

    Raises InputError for columns of different lengths and for an id that occurs twice.
    """
    ids = ids or [f"t{number}" for number in range(1, len(texts) + 1)]
    everything = Labels(tuple(ids), tuple(texts), tuple(labels))
    names = splits or [ONLY_SPLIT] * len(texts)
    if len(names) != len(texts):
        raise InputError(f"{len(texts)} texts but {len(names)} splits", mend="give every text one of each")
    found = {name: everything.take([row for row, own in enumerate(names) if own == name]) for name in dict.fromkeys(names)}
    return LabelledTexts(with_language(card, texts), found)


def aligned_rows(card: Card, left: Sequence[str], right: Sequence[str], split: str = ONLY_SPLIT) -> TextPairs:
    """Rows whose two sides belong together (a question and its answer), each of value 1, with the ids p1, p2..."""
    ids = tuple(f"p{number}" for number in range(1, len(left) + 1))
    return TextPairs(with_language(card, [*left, *right]), split, ids, tuple(left), tuple(right), np.ones(len(left)))


def aligned_collection(pairs: TextPairs) -> Collection:
    """Retrieval made of pairs: different left sides ask (q1, q2...), different right sides are the documents (d1, d2...).

    A pair of value 1 is a judgement of grade 1; the right side of one of value 0 is a document that distracts, and a left
    side without a pair of value 1 asks nothing. Notes: `rows_without_a_side` (left out), `queries_without_an_answer`,
    `repeated_pairs`. Raises InputError for other values, and where no pair has the value 1.
    """
    _check_values(pairs)
    rows = [row for row in range(len(pairs)) if pairs.left[row].strip() and pairs.right[row].strip()]
    queries = {text: f"q{number}" for number, text in enumerate(dict.fromkeys(pairs.left[row] for row in rows), 1)}
    documents = {text: f"d{number}" for number, text in enumerate(dict.fromkeys(pairs.right[row] for row in rows), 1)}
    grades: dict[str, dict[str, int]] = {}
    positive = [row for row in rows if pairs.values[row] == 1]
    for row in positive:
        grades.setdefault(queries[pairs.left[row]], {})[documents[pairs.right[row]]] = 1
    asked = {name: text for text, name in queries.items() if name in grades}
    notes = {
        "rows_without_a_side": len(pairs) - len(rows),
        "queries_without_an_answer": len(queries) - len(asked),
        "repeated_pairs": len(positive) - sum(map(len, grades.values())),
    }
    if not asked:
        raise InputError("no pair has the value 1 and two sides", where=pairs.name, mend="retrieval needs such pairs")
    corpus = corpus_of(pa.table({"id": list(documents.values()), "text": list(documents)}))
    counted = {**pairs.notes, **{name: count for name, count in notes.items() if count}}
    return Collection(
        pairs.card, pairs.split, corpus, Queries.of_texts(list(asked), list(asked.values())), Qrels(grades), counted
    )


def with_negatives(pairs: TextPairs, negatives: int = 1, seed: int = 0) -> TextPairs:
    """Pair classification made of aligned pairs: each followed by `negatives` hard ones of value 0, sampled by hash.

    For a left side, 16 right sides of other rows are drawn, by the sha256 of seed, left side and draw, so that neither
    order nor library matter; those that belong to an equal left side are passed over. Of the rest, those that share
    most character trigrams with the true right side (Dice) are taken: hard, as near texts are hard to tell apart.
    Notes: `sampled_negatives`. Raises InputError for a pair of another value than 1, and for fewer than two different
    right sides.
    """
    if wrong := [name for name, value in zip(pairs.ids, pairs.values, strict=True) if value != 1]:
        what = f"pair {wrong[0]!r} does not belong together, so there are negatives already"
        raise InputError(what, where=pairs.name, mend="give pairs of value 1 alone, or score them as they are")
    own: dict[str, set[str]] = {}
    for left, right in zip(pairs.left, pairs.right, strict=True):
        own.setdefault(left, set()).add(right)
    rights = sorted(set(pairs.right))
    if len(rights) < 2:
        raise InputError("all right sides are equal", where=pairs.name, mend="negatives need a second one")
    found = [row for at in range(len(pairs)) for row in _with_hard(pairs, at, own, rights, negatives, seed)]
    ids, left_sides, right_sides, values = zip(*found, strict=True)
    notes = {**pairs.notes, "sampled_negatives": len(found) - len(pairs)}
    return TextPairs(pairs.card, pairs.split, ids, left_sides, right_sides, np.array(values, np.float64), notes)


def _with_hard(
    pairs: TextPairs, at: int, own: dict[str, set[str]], rights: Sequence[str], negatives: int, seed: int
) -> Iterator[tuple[str, str, str, float]]:
    left, right = pairs.left[at], pairs.right[at]
    yield pairs.ids[at], left, right, 1.0
    drawn = {rights[_draw(seed, left, number, len(rights))] for number in range(POOL)} - own[left] - {left}
    wanted = _trigrams(right)
    hardest = sorted(drawn, key=lambda text: (-_dice(wanted, _trigrams(text)), text))[:negatives]
    for number, text in enumerate(hardest, 1):
        yield f"{pairs.ids[at]}-negative-{number}", left, text, 0.0


def _draw(seed: int, text: str, number: int, among: int) -> int:
    key = hashlib.sha256(f"{seed}\0{number}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(key[:8], "little") % among


def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 3].lower() for at in range(max(1, len(text) - 2)))


def _dice(first: frozenset[str], second: frozenset[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second))


def _check_values(pairs: TextPairs) -> None:
    wrong = np.flatnonzero(~np.isin(pairs.values, (0.0, 1.0)))
    if wrong.size:
        what = f"the value of pair {pairs.ids[int(wrong[0])]!r} is {pairs.values[wrong[0]]:g}, not 0 or 1"
        raise InputError(what, where=pairs.name, mend="retrieval is made of pairs that belong together (1) or do not (0)")
