"""Ids for texts that come without: the number of each different text, in the order in which they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass
class Numbered:
    """Different texts with their numbers from 1, remembered by 16 bytes each; `repeated` counts those that came again."""

    prefix: str
    repeated: int = 0
    _known: dict[bytes, int] = field(default_factory=dict)

    def id(self, text: str) -> tuple[str, bool]:
        """The id of a text, and whether it is new."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        before = len(self._known)
        number = self._known.setdefault(key, before + 1)
        new = len(self._known) > before
        self.repeated += not new
        return f"{self.prefix}{number}", new
