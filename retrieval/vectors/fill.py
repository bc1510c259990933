"""What is kept is looked up, what is missing is embedded, batch by batch, and kept at once: of texts and of pictures alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora import Role, SurroundingsError
from corpora.workspace import Workspace

from ..encoders.memory import out_of_memory
from ..encoders.protocol import Batching, Encoder, Lengths
from .journal import new_segment
from .keys import Unique, unique_texts
from .plan import BatchPlan, plan_batches
from .store import Store, open_store, vector_folder
from .texts import BLOCK, Rows, Source

Vectors = NDArray[np.float32]
PLURAL: Mapping[Role, str] = {"query": "queries", "document": "documents", "plain": "texts"}


class Made(NamedTuple):
    """One finished batch: which of the different items, int64 (n), their vectors float32 (n, d), and what was found wrong with
    each, int64 (n), 0 for nothing; it is kept where `lost` of a text is.
    """

    batch: Rows
    vectors: Vectors
    faults: Rows


class Work(Protocol):
    """n items, and how an encoder embeds them in a role."""

    @property
    def encoder(self) -> Encoder:
        """The model, whose identity the vectors are kept under."""
        ...

    @property
    def items(self) -> Source[Any]:
        """What is embedded."""
        ...

    @property
    def role(self) -> Role:
        """The role of all items."""
        ...

    @property
    def before(self) -> tuple[str, ...]:
        """What is hashed before what tells an item apart."""
        ...

    @property
    def head(self) -> Mapping[str, str]:
        """What a segment's head says of the items, besides what it says of all."""
        ...

    @property
    def batching(self) -> Batching:
        """The size of a batch."""
        ...

    @property
    def shown(self) -> tuple[str, str]:
        """What the progress display calls the work, and the unit that it counts."""
        ...

    def sizes(self, workspace: Workspace) -> tuple[Lengths, Lengths]:
        """How much of each item the model reads, and how much it does not, int64 (n) each, in that unit."""
        ...

    def made(self, batches: Iterator[Rows], first: Rows) -> Iterator[Made]:
        """Every batch of different items, of which item i stands in row `first[i]`, as soon as it is finished.

        No batch is begun to be embedded while as many as there are workers are not handed over.
        """
        ...


def filled(work: Work, workspace: Workspace) -> tuple[Store, Rows]:
    """The store of the encoder and role once it holds all n items, and the place of each there, int64 (n)."""
    unique = unique_texts(work.items.blocks(), *work.before)
    store = _filled(work, unique, workspace)
    return store, store.find(unique.keys)[unique.which]


def _filled(work: Work, unique: Unique, workspace: Workspace) -> Store:
    folder = vector_folder(workspace, work.encoder.identity(), work.role)
    store = open_store(folder)
    missing = store.find(unique.keys) < 0
    if not missing.any():
        return store
    sizes, lost = (column[unique.first] for column in work.sizes(workspace))
    plan = plan_batches(sizes, unique.keys, work.batching)
    head = {"kind": "dense", "dim": work.encoder.dim, "role": work.role, **work.head, "plan": plan.digest}
    label, unit = work.shown
    with new_segment(folder, head) as journal, workspace.progress(label, int(sizes[missing].sum()), unit) as advance:
        for batch, vectors, faults in work.made(_unfinished(plan, missing), unique.first):
            journal.append(unique.keys[batch], (lost[batch] + faults).astype(np.uint32), vectors)
            advance(int(sizes[batch].sum()))
    return open_store(folder)


def _unfinished(plan: BatchPlan, missing: NDArray[np.bool_]) -> Iterator[Rows]:
    """Of every batch what is missing: all of it, unless another corpus holds some of the same items."""
    for batch in plan:
        if missing[batch].any():
            yield batch[missing[batch]]


def in_halves(make: Callable[[Rows], Vectors], rows: Rows, name: Callable[[int], str], kind: str, mend: str) -> Vectors:
    """What `make` makes of some rows, float32 (n, d); where memory runs out, of half of them at a time.

    Raises SurroundingsError, with `name` of the row, where one alone (a `kind`: text, picture) is too much.
    """
    try:
        return make(rows)
    except (MemoryError, RuntimeError) as problem:
        if not out_of_memory(problem):
            raise
        if len(rows) == 1:
            what = f"there is not enough memory for this {kind} alone"
            raise SurroundingsError(what, where=name(int(rows[0])), mend=mend) from None
    middle = len(rows) // 2
    return np.concatenate([in_halves(make, half, name, kind, mend) for half in (rows[:middle], rows[middle:])])


def gathered(store: Store, places: Rows, dim: int, into: Path | None) -> Vectors:
    """The vectors at some places, in memory, or written to a file (raw float32, n x d, C order) and mapped."""
    if into is None:
        return store.take(places) if len(places) else np.empty((0, dim), np.float32)
    with open(into, "wb") as file:
        for start in range(0, len(places), BLOCK):
            file.write(store.take(places[start : start + BLOCK]).data)
    return mapped(into, len(places), dim)


def mapped(path: Path, rows: int, dim: int) -> Vectors:
    """A file of raw float32 vectors (n, d), memory-mapped and not to be changed."""
    return np.memmap(path, "<f4", "r", shape=(rows, dim)) if rows else np.empty((0, dim), np.float32)
