"""How much of a query's wording its target's title gives away: one of the slices."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_EMPTY = frozenset(["a", "an", "and", "as", "at", "by", "due", "for", "from", "in", "nos", "of", "on", "or", "the", "to", "with"])


def fold(text: str) -> str:
    """The text case folded, with every run of white space made one space: when two of these are equal, so are the texts."""
    return " ".join(text.split()).casefold()


def overlap(query: str, titles: Iterable[str]) -> str:
    """`none`, `some` or `high`: the share of the query's words that stand in the title which shares most of them.

    Words are case-folded runs of letters and digits, each counted once, not stemmed; function words (and NOS, "not
    otherwise specified") are left out. `none` is a share of 0, `some` at most one half, `high` more than one half.
    A query of function words alone is `none`.
    """
    words = _words(query)
    shared = max((len(words & _words(title)) for title in titles), default=0)
    if shared == 0:
        return "none"
    return "high" if 2 * shared > len(words) else "some"


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - _EMPTY
