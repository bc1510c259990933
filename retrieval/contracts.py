"""The contract tests of an encoder: what `medir check` runs, and what authors can run in their own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError, Role

from .encoders.custom import CANARIES, attribute_problem
from .encoders.protocol import Encoder
from .encoders.resolve import is_encoder, make_model
from .encoders.rows import accepted, unit_rows

ATTRIBUTES = "name, dim, similarity and the two methods"
TEXTS = CANARIES
MANY = (*TEXTS, *(f"{text[:80]} {number}" for number in range(1, 9) for text in TEXTS))
AWKWARD = {
    "an empty text": "",
    "a very long text": "chronic kidney disease stage 3b with albuminuria " * 2000,
    "text that is not ASCII": "Привет, β-блокатор 心房颤动 ﬁ 𝒳 \u200b\ufeff🩺",
}
SIDES: dict[str, Role] = {"encode_queries": "query", "encode_documents": "document"}
CLOSE = 1e-4
SAME = 1e-5


@dataclass(frozen=True)
class Finding:
    """One check: its name, whether it holds, and why not (or what was seen)."""

    name: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True)
class Subject:
    """What is checked: per side, a function from texts to whatever it returns; and the dimensions."""

    encode: Mapping[str, Callable[[list[str]], Any]]
    dim: int

    def vectors(self, side: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The rows of some texts, float32 (n, d). Raises InputError for anything else."""
        return accepted(self._called(side, texts), texts, self.dim, side)

    def problem(self, side: str, texts: Sequence[str]) -> str:
        """Empty: `vectors` raises what there is to say."""
        self.vectors(side, texts)
        return ""

    def problem_with_none(self, side: str) -> str:
        """What is wrong with the answer to no texts at all; empty if nothing."""
        numbers = int(np.size(self._called(side, [])))
        return f"returned {numbers} numbers for no texts" if numbers else ""

    def _called(self, side: str, texts: Sequence[str]) -> Any:
        try:
            return self.encode[side](list(texts))
        except MedirError:
            raise
        except Exception as problem:
            raise InputError(f"raised {type(problem).__name__}: {problem}", where=side) from problem


def check_encoder(target: str) -> list[Finding]:
    """The findings about an ENCODER, in order; those about values are left out while the shapes are wrong.

    Raises UsageError or InputError where nothing can be made of `target` at all.
    """
    model = make_model(target)
    if is_encoder(model):
        subject = _seen(model)
    elif problem := attribute_problem(model):
        return [Finding(ATTRIBUTES, False, problem)]
    else:
        subject = Subject({side: getattr(model, side) for side in SIDES}, int(model.dim))
    basic = [Finding(ATTRIBUTES, True), *_basic(subject)]
    return [*basic, *_values(subject)] if all(finding.ok for finding in basic) else basic


def _seen(encoder: Encoder) -> Subject:
    """An Encoder of ours as a subject, held to the same rules."""

    def side(role: Role) -> Callable[[list[str]], Any]:
        return lambda texts: encoder.encode(texts, role) if texts else np.empty((0, encoder.dim), np.float32)

    return Subject({name: side(role) for name, role in SIDES.items()}, encoder.dim)


def _basic(subject: Subject) -> Iterator[Finding]:
    """Shapes, types and numbers, for every count and kind of texts; of a side that fails at once, nothing more."""
    for side in SIDES:
        first = _finding(f"{side}: float32 (n, dim), finite, no zero vector", subject.problem, side, TEXTS)
        yield first
        if not first.ok:
            continue
        yield _finding(f"{side}: one text", subject.problem, side, TEXTS[:1])
        yield _finding(f"{side}: two texts", subject.problem, side, TEXTS[:2])
        yield _finding(f"{side}: no texts", subject.problem_with_none, side)
        for name, text in AWKWARD.items():
            yield _finding(f"{side}: {name}", subject.problem, side, [text, TEXTS[1]])


def _values(subject: Subject) -> Iterator[Finding]:
    """What the numbers must obey."""
    for side in SIDES:
        yield _finding(f"{side}: the same twice", _same_twice, subject, side)
        yield _finding(f"{side}: rows in the order of the texts", _in_order, subject, side)
        yield _finding(f"{side}: the same alone as in a batch", _same_alone, subject, side)
    yield _finding("a document is its own nearest neighbour", _nearest_itself, subject)


def _finding(name: str, check: Callable[..., str], *args: Any) -> Finding:
    try:
        reason = check(*args)
    except MedirError as problem:
        reason = problem.what
    return Finding(name, not reason, reason)


def _same_twice(subject: Subject, side: str) -> str:
    apart = _apart(subject.vectors(side, TEXTS), subject.vectors(side, TEXTS))
    row = int(apart.argmax())
    return f"two calls on the same texts differ by {apart[row]:.1e} of the vector (text {row})" if apart[row] > SAME else ""


def _in_order(subject: Subject, side: str) -> str:
    """Texts shuffled, rows must be shuffled likewise; more texts than most models take in one batch of their own."""
    shuffle = np.random.default_rng(0).permutation(len(MANY))
    straight = subject.vectors(side, MANY)
    shuffled = subject.vectors(side, [MANY[row] for row in shuffle])
    return _misplaced(straight[shuffle], shuffled, "the same texts in another order")


def _same_alone(subject: Subject, side: str) -> str:
    batch = subject.vectors(side, MANY)
    alone = np.concatenate([subject.vectors(side, [text]) for text in TEXTS])
    return _misplaced(alone, batch, "the same texts one by one")


def _misplaced(right: NDArray[np.float32], seen: NDArray[np.float32], how: str) -> str:
    """Why `seen` float32 (m, d) does not begin with `right` float32 (n, d): rows in other places, or other values."""
    apart = _apart(right, seen[: len(right)])
    row = int(apart.argmax())
    if apart[row] <= CLOSE:
        return ""
    holders = [int(_apart(right[row][None], other[None])[0] <= CLOSE) for other in seen]
    if any(holders):
        return f"rows come in the wrong order: beside {how}, text {row} has its vector at row {holders.index(1)}"
    return f"values change with the batch: beside {how}, text {row} differs by {apart[row]:.1e} of its vector"


def _nearest_itself(subject: Subject) -> str:
    unit = unit_rows(subject.vectors("encode_documents", TEXTS))
    scores = unit @ unit.T - 2 * np.eye(len(unit), dtype=np.float32)
    first, second = np.unravel_index(int(scores.argmax()), scores.shape)
    same = scores[first, second] > 1 - 1e-6
    return f"different texts have the same vector: {TEXTS[first][:40]!r} and {TEXTS[second][:40]!r}" if same else ""


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far rows are from each other, relative to their lengths, float64 (n)."""
    lengths = np.linalg.norm(one.astype(np.float64), axis=1)
    return np.asarray(np.linalg.norm(one.astype(np.float64) - other, axis=1) / lengths)
