"""The vectors that are kept of one encoder and role, as they lie in the journal's segments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from corpora import Role, StateError
from corpora.workspace import Workspace

from .journal import Segment, read_segments
from .keys import KEY, Keys, as_array

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Store:
    """v kept vectors: their keys uint8 (v, 32), and per vector its segment, the word (4 bytes) that it begins at there,
    and how many units of its text the model did not read; each int64 (v). Equal keys are possible, the first one counts.
    """

    segments: tuple[Segment, ...]
    keys: Keys
    segment: Places
    word: Places
    lost: Places

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def dim(self) -> int:
        """Dimensions d of what is kept, 0 where nothing is."""
        return self.segments[0].dim if self.segments else 0

    def find(self, keys: Keys) -> Places:
        """The place of each key uint8 (n, 32) in the store, int64 (n); -1 where it is not kept."""
        found = pc.index_in(as_array(keys), value_set=as_array(self.keys))
        return np.asarray(pc.fill_null(found, -1).to_numpy().astype(np.int64))

    def take(self, places: Places) -> NDArray[np.float32]:
        """The vectors at some places int64 (n), float32 (n, d), copied."""
        vectors = np.empty((len(places), self.dim), np.float32)
        for number in np.unique(self.segment[places]).tolist():
            here = np.flatnonzero(self.segment[places] == number)
            data = self.segments[number].data
            words = np.frombuffer(data, "<f4", len(data) // 4)
            vectors[here] = sliding_window_view(words, self.dim)[self.word[places[here]]]
        return vectors


def vector_folder(workspace: Workspace, identity: str, role: Role) -> Path:
    """Where an encoder's vectors of one role are kept."""
    return workspace.folder("vectors", identity, role)


def open_store(folder: Path) -> Store:
    """All that is kept in a folder, checked; empty where there is none. Raises StateError for damage, naming the file."""
    segments = tuple(segment for segment in read_segments(folder) if segment.records)
    for other in segments[1:]:
        if other.dim != segments[0].dim:
            raise StateError(
                f"holds vectors of {other.dim} dimensions, {segments[0].path.name} of {segments[0].dim}",
                where=str(other.path),
                mend="remove the file of the wrong one and run the same command again",
            )
    parts = [(np.empty((0, KEY), np.uint8), _NONE, _NONE, _NONE), *_batches(segments)]
    keys, segment, word, lost = zip(*parts, strict=True)
    return Store(segments, np.concatenate(keys), np.concatenate(segment), np.concatenate(word), np.concatenate(lost))


_NONE = np.empty(0, np.int64)


def _batches(segments: tuple[Segment, ...]) -> Iterator[tuple[Keys, Places, Places, Places]]:
    for number, segment in enumerate(segments):
        for record in segment.records:
            keys = np.frombuffer(segment.data, np.uint8, record.texts * KEY, record.payload).reshape(-1, KEY)
            lost = np.frombuffer(segment.data, "<u4", record.texts, record.payload + keys.size).astype(np.int64)
            first = (record.payload + keys.size + 4 * record.texts) // 4
            words = first + np.arange(record.texts, dtype=np.int64) * segment.dim
            yield keys, np.full(record.texts, number, np.int64), words, lost
