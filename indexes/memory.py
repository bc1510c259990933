"""Memory given back as soon as it is free, while something makes and drops many arrays of some megabytes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_MMAP_THRESHOLD = -3  # glibc's name for the parameter of mallopt
_LEAN, _USUAL = 1 << 17, 1 << 25  # bytes; the second is where glibc's own adjustment ends


@contextmanager
def lean_memory() -> Iterator[None]:
    """Large blocks return to the system when they are freed, where the C library is glibc.

    Left alone, it keeps more and more of them for later: a fifth more at the peak of an index build. It costs page faults, so it
    is for builds and not for whole programs.
    """
    _set_threshold(_LEAN)
    try:
        yield
    finally:
        _set_threshold(_USUAL)


def _set_threshold(size: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, size)
