"""Memory given back as soon as it is free: building an index makes and drops many arrays of some megabytes."""

from __future__ import annotations

import ctypes

_MMAP_THRESHOLD = -3
_LARGE = 1 << 17


def lean_memory() -> None:
    """Have large blocks returned to the system when they are freed, by the C library (where it is glibc) and by Arrow.

    Left alone, glibc raises its limit for what counts as large, and both keep freed blocks for later: a third more at the
    peak of an index build. For programs that own their process, such as the command; a library's user decides for itself.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
