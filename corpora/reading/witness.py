"""What a reader tells while it reads: how far it is, what it counted, and what it cannot take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..errors import InputError
from ..workspace import Advance


def stop(fault: InputError) -> None:
    """Nothing: raises the fault."""
    raise fault


def _unseen(done: int) -> None:
    pass


@dataclass(frozen=True)
class Witness:
    """`advance(bytes read)`, `counts`, and `refuse(fault)`, which raises, or notes the fault so that reading goes on after it."""

    advance: Advance = _unseen
    refuse: Callable[[InputError], None] = stop
    counts: Counter[str] = field(default_factory=Counter)

    def advancing(self, advance: Advance) -> Witness:
        """The same witness, with another display of progress."""
        return replace(self, advance=advance)


def placed(fault: InputError, where: str) -> InputError:
    """The fault with the place where it happened."""
    return InputError(fault.what, where=where, mend=fault.mend)
