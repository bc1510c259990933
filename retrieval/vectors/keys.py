"""What a vector is kept under: sha256 of role, prompt and text, or of "image", role and a picture's key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KEY = 32
Keys = NDArray[np.uint8]


@dataclass(frozen=True)
class Unique:
    """The different items among n: `keys` uint8 (u, 32), `first` int64 (u) the row where each is met first, and
    `which` int64 (n), the one that each row holds.
    """

    keys: Keys
    first: NDArray[np.int64]
    which: NDArray[np.int64]


def unique_texts(blocks: Iterable[Sequence[str]], *before: str) -> Unique:
    """Each text's key, equal ones only once, in order of first appearance.

    A key equals `corpora.state.digest(*before, text)`; `before` is the role and the prompt.
    """
    raw = b"".join(_block_keys(blocks, hashlib.sha256(b"".join(map(_prefixed, before)))))
    coded = as_array(np.frombuffer(raw, np.uint8).reshape(-1, KEY)).dictionary_encode()
    which = coded.indices.to_numpy().astype(np.int64)
    _, first = np.unique(which, return_index=True)
    keys = np.frombuffer(coded.dictionary.buffers()[1], np.uint8)[: len(first) * KEY].reshape(-1, KEY)
    return Unique(keys, first.astype(np.int64), which)


def as_array(keys: Keys) -> pa.Array:
    """Keys uint8 (n, 32) as an Arrow array, for lookups; nothing is copied."""
    flat = np.ascontiguousarray(keys).reshape(-1)
    return pa.Array.from_buffers(pa.binary(KEY), len(keys), [None, pa.py_buffer(flat)])


def _block_keys(blocks: Iterable[Sequence[str]], start: hashlib._Hash) -> Iterator[bytes]:
    for block in blocks:
        yield b"".join(_key(start, text) for text in block)


def _key(start: hashlib._Hash, text: str) -> bytes:
    running = start.copy()
    running.update(_prefixed(text))
    return running.digest()


def _prefixed(part: str) -> bytes:
    data = part.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "little") + data
