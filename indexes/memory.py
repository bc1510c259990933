"""Memory given back as soon as it is free, while something makes and drops many arrays of some megabytes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

_MMAP_THRESHOLD = -3  # glibc's name for the parameter of mallopt
_LEAN, _USUAL = 1 << 17, 1 << 25  # bytes; the second is where glibc's own adjustment ends


@contextmanager
def lean_memory() -> Iterator[None]:
    """Large blocks return to the system when they are freed, by the C library (where it is glibc) and by Arrow.

    Left alone, both keep freed blocks for later: a quarter more at the peak of an index build. It costs page faults, so it
    is for builds and not for whole programs.
    """
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    _set_threshold(_LEAN)
    try:
        yield
    finally:
        _set_threshold(_USUAL)
        pa.set_memory_pool(pool)


def _set_threshold(size: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, size)
