"""Which exceptions mean that a batch was too large."""

from __future__ import annotations

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "failed to allocate")


def out_of_memory(problem: BaseException) -> bool:
    """Whether an exception says that memory ran out, on a processor or on an accelerator."""
    said = str(problem).lower()
    return isinstance(problem, MemoryError) or (isinstance(problem, RuntimeError) and any(sign in said for sign in _SIGNS))
