"""The contract tests of an encoder: what `medir check` runs, and what authors can run in their own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError, Role

from .encoders.custom import CANARIES, attribute_problem, read_by
from .encoders.protocol import Encoder, ImageEncoder, JointEncoder, modalities_of, reads_images, reads_joint
from .encoders.resolve import is_encoder, make_model
from .encoders.rows import accepted, unit_rows

ATTRIBUTES = "name, dim, similarity and the methods"
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
    """What is checked: per side, a function from texts to whatever it returns; and the dimensions.

    `items` are what it is put to, the first of `many`; where they are of another `kind` than texts, they are told by place.
    """

    encode: Mapping[str, Callable[[list[Any]], Any]]
    dim: int
    kind: str = "text"
    items: Sequence[Any] = TEXTS
    many: Sequence[Any] = MANY
    awkward: Mapping[str, Any] = field(default_factory=lambda: AWKWARD)

    def vectors(self, side: str, items: Sequence[Any]) -> NDArray[np.float32]:
        """The rows of some items, float32 (n, d). Raises InputError for anything else."""
        names = items if self.kind == "text" else [str(place) for place in range(len(items))]
        return accepted(self._called(side, items), names, self.dim, side, kind=self.kind)

    def problem(self, side: str, items: Sequence[Any]) -> str:
        """Empty: `vectors` raises what there is to say."""
        self.vectors(side, items)
        return ""

    def problem_with_none(self, side: str) -> str:
        """What is wrong with the answer to no items at all; empty if nothing."""
        numbers = int(np.size(self._called(side, [])))
        return f"returned {numbers} numbers for no {self.kind}s" if numbers else ""

    def _called(self, side: str, items: Sequence[Any]) -> Any:
        try:
            return self.encode[side](list(items))
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
        subjects = list(_seen(model))
    elif problem := attribute_problem(model):
        return [Finding(ATTRIBUTES, False, problem)]
    else:
        subjects = list(_raw(model))
    basic = [Finding(ATTRIBUTES, True), *(finding for subject in subjects for finding in _basic(subject))]
    if not all(finding.ok for finding in basic):
        return basic
    return [*basic, *(finding for subject in subjects for finding in _values(subject))]


def _raw(model: Any) -> Iterator[Subject]:
    """A user's class by its own methods: texts, pictures, or both."""
    from .picture_contracts import joint_subject, picture_subject

    if "text" in read_by(model):
        yield Subject({side: getattr(model, side) for side in SIDES}, int(model.dim))
    if "image" in read_by(model):
        yield picture_subject(model.encode_images, int(model.dim))
        if hasattr(model, "encode_joint"):
            yield joint_subject(model.encode_joint, int(model.dim))


def _seen(encoder: Encoder) -> Iterator[Subject]:
    """An Encoder of ours, held to the same rules."""
    if "text" in modalities_of(encoder):
        yield _seen_by_texts(encoder)
    if reads_images(encoder):
        from .picture_contracts import joint_subject, picture_subject

        yield picture_subject(_of_pictures(encoder), encoder.dim)
        if reads_joint(encoder):
            yield joint_subject(_of_both(encoder), encoder.dim)


def _seen_by_texts(encoder: Encoder) -> Subject:
    def side(role: Role) -> Callable[[list[str]], Any]:
        return lambda texts: encoder.encode(texts, role) if texts else np.empty((0, encoder.dim), np.float32)

    return Subject({name: side(role) for name, role in SIDES.items()}, encoder.dim)


def _of_pictures(encoder: ImageEncoder) -> Callable[[list[Any]], Any]:
    def made(pictures: list[Any]) -> Any:
        fed = [encoder.prepared(picture) for picture in pictures]
        return encoder.encode_images(fed, "document") if fed else np.empty((0, encoder.dim), np.float32)

    return made


def _of_both(encoder: JointEncoder) -> Callable[[list[str], list[list[Any]]], Any]:
    def made(texts: list[str], pictures: list[list[Any]]) -> Any:
        fed = [[encoder.prepared(picture) for picture in own] for own in pictures]
        return encoder.encode_joint(texts, fed, "document") if fed else np.empty((0, encoder.dim), np.float32)

    return made


def _basic(subject: Subject) -> Iterator[Finding]:
    """Shapes, types and numbers, for every count and kind of texts; of a side that fails at once, nothing more."""
    kind = subject.kind
    for side in subject.encode:
        first = _finding(f"{side}: float32 (n, dim), finite, no zero vector", subject.problem, side, subject.items)
        yield first
        if not first.ok:
            continue
        yield _finding(f"{side}: one {kind}", subject.problem, side, subject.items[:1])
        yield _finding(f"{side}: two {kind}s", subject.problem, side, subject.items[:2])
        yield _finding(f"{side}: no {kind}s", subject.problem_with_none, side)
        for name, item in subject.awkward.items():
            yield _finding(f"{side}: {name}", subject.problem, side, [item, subject.items[1]])


def _values(subject: Subject) -> Iterator[Finding]:
    """What the numbers must obey."""
    kind = subject.kind
    for side in subject.encode:
        yield _finding(f"{side}: the same twice", _same_twice, subject, side)
        yield _finding(f"{side}: rows in the order of the {kind}s", _in_order, subject, side)
        yield _finding(f"{side}: the same alone as in a batch", _same_alone, subject, side)
    own = "a document is" if kind == "text" else f"a {kind} is"
    yield _finding(f"{own} its own nearest neighbour", _nearest_itself, subject)


def _finding(name: str, check: Callable[..., str], *args: Any) -> Finding:
    try:
        reason = check(*args)
    except MedirError as problem:
        reason = problem.what
    return Finding(name, not reason, reason)


def _same_twice(subject: Subject, side: str) -> str:
    apart = _apart(subject.vectors(side, subject.items), subject.vectors(side, subject.items))
    row = int(apart.argmax())
    what = f"two calls on the same {subject.kind}s differ by {apart[row]:.1e} of the vector ({subject.kind} {row})"
    return what if apart[row] > SAME else ""


def _in_order(subject: Subject, side: str) -> str:
    """Items shuffled, rows must be shuffled likewise; more items than most models take in one batch of their own."""
    shuffle = np.random.default_rng(0).permutation(len(subject.many))
    straight = subject.vectors(side, subject.many)
    shuffled = subject.vectors(side, [subject.many[row] for row in shuffle])
    return _misplaced(straight[shuffle], shuffled, f"the same {subject.kind}s in another order", subject.kind)


def _same_alone(subject: Subject, side: str) -> str:
    batch = subject.vectors(side, subject.many)
    alone = np.concatenate([subject.vectors(side, [item]) for item in subject.items])
    return _misplaced(alone, batch, f"the same {subject.kind}s one by one", subject.kind)


def _misplaced(right: NDArray[np.float32], seen: NDArray[np.float32], how: str, kind: str) -> str:
    """Why `seen` float32 (m, d) does not begin with `right` float32 (n, d): rows in other places, or other values."""
    apart = _apart(right, seen[: len(right)])
    row = int(apart.argmax())
    if apart[row] <= CLOSE:
        return ""
    holders = [int(_apart(right[row][None], other[None])[0] <= CLOSE) for other in seen]
    if any(holders):
        return f"rows come in the wrong order: beside {how}, {kind} {row} has its vector at row {holders.index(1)}"
    return f"values change with the batch: beside {how}, {kind} {row} differs by {apart[row]:.1e} of its vector"


def _nearest_itself(subject: Subject) -> str:
    unit = unit_rows(subject.vectors(list(subject.encode)[-1], subject.items))
    scores = unit @ unit.T - 2 * np.eye(len(unit), dtype=np.float32)
    first, second = (int(row) for row in np.unravel_index(int(scores.argmax()), scores.shape))
    if scores[first, second] <= 1 - 1e-6:
        return ""
    shown = [
        repr(item[:40]) if isinstance(item, str) else str(subject.items.index(item))
        for item in (subject.items[first], subject.items[second])
    ]
    return f"different {subject.kind}s have the same vector: {' and '.join(shown)}"


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far rows are from each other, relative to their lengths, float64 (n)."""
    lengths = np.linalg.norm(one.astype(np.float64), axis=1)
    return np.asarray(np.linalg.norm(one.astype(np.float64) - other, axis=1) / lengths)
