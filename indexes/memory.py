"""Memory given back to the system between two stages of a build."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """What was freed returns to the system, where the C library is glibc.

    Left alone, it is kept for later: after the counting of a build, a twentieth of the process, when the postings need room.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
