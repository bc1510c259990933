"""Memory given back to the system between two stages of a build."""

from __future__ import annotations

import ctypes

_MMAP_THRESHOLD, _LARGE = -3, 1 << 25  # bytes: where glibc's own adjustment ends; once it is set, free memory is trimmed eagerly


def give_back() -> None:
    """What was freed returns to the system, and is returned eagerly from now on, where the C library is glibc.

    Left alone, it is kept for later: after the counting of a build, a twentieth of the process, when the postings need room.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
        library.malloc_trim(0)
