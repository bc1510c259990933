"""Patterns over character classes, and the automaton that finds the longest match of several of them in one pass.

A pattern is kept as its positions (Glushkov 1961, "The abstract theory of automata"): each place where a character may
stand, which places may come first and last, and which may follow which. Sets of places are the automaton's states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DEAD, START = 0, 1
WIDTH = 32
"""Classes a row of the table has room for; a power of two, so that a kernel finds its cell with a shift."""

Places = frozenset[int]


@dataclass(frozen=True)
class Pattern:
    """A regular expression over classes: `a + b` in sequence, `a | b` either, and the repeats below."""

    at: tuple[frozenset[int], ...]
    first: Places
    last: Places
    follow: frozenset[tuple[int, int]]
    empty: bool = False

    def __add__(self, other: Pattern) -> Pattern:
        other = other._moved(len(self.at))
        first = self.first | other.first if self.empty else self.first
        last = self.last | other.last if other.empty else other.last
        follow = self.follow | other.follow | _pairs(self.last, other.first)
        return Pattern(self.at + other.at, first, last, follow, self.empty and other.empty)

    def __or__(self, other: Pattern) -> Pattern:
        other = other._moved(len(self.at))
        empty = self.empty or other.empty
        return Pattern(self.at + other.at, self.first | other.first, self.last | other.last, self.follow | other.follow, empty)

    def some(self) -> Pattern:
        """One or more of it."""
        return replace(self, follow=self.follow | _pairs(self.last, self.first))

    def maybe(self) -> Pattern:
        """It or nothing."""
        return replace(self, empty=True)

    def many(self) -> Pattern:
        """None or more of it."""
        return self.some().maybe()

    def _moved(self, by: int) -> Pattern:
        first, last = (frozenset(p + by for p in places) for places in (self.first, self.last))
        follow = frozenset((a + by, b + by) for a, b in self.follow)
        return Pattern(self.at, first, last, follow, self.empty)


def any_of(*classes: int) -> Pattern:
    """One character of one of the classes."""
    return Pattern((frozenset(classes),), frozenset({0}), frozenset({0}), frozenset())


@dataclass(frozen=True)
class Automaton:
    """`step[state * WIDTH + class]` is the next state, uint8, `DEAD` where there is none; matching begins in `START`.

    `kinds[state]`, uint8, is the kind of the first rule that matches what led to the state; 0 where none does.
    """

    step: NDArray[np.uint8]
    kinds: NDArray[np.uint8]


def automaton(rules: list[tuple[int, Pattern]]) -> Automaton:
    """The automaton of `(kind, pattern)` rules; where several match the same text, the first names its kind."""
    places, whole = _joined(rules)
    states: dict[Places, int] = {frozenset(): DEAD}
    rows, kinds, queue = [[DEAD] * WIDTH], [0], []

    def number(state: Places) -> int:
        if state not in states:
            states[state] = len(states)
            queue.append(state)
        return states[state]

    reach = {-1: whole.first} | {p: frozenset(b for a, b in whole.follow if a == p) for p in range(len(whole.at))}
    number(frozenset({-1}))
    for state in queue:  # grows while it is read
        ahead = frozenset().union(*(reach[place] for place in state))
        rows.append([number(frozenset(p for p in ahead if symbol in whole.at[p])) for symbol in range(WIDTH)])
        kinds.append(next((kind for kind, last in places if state & last), 0))
    return _smallest(np.array(rows), np.array(kinds))


def _smallest(step: NDArray[np.int64], kinds: NDArray[np.int64]) -> Automaton:
    """The same automaton with states that no text can tell apart made one (Moore 1956); the first two keep their place."""
    group, groups = kinds, -1
    while group.max() != groups:
        groups = group.max()
        _, seen, group = np.unique(np.column_stack([group, group[step]]), axis=0, return_index=True, return_inverse=True)
        group = np.argsort(np.argsort(seen))[group]
    chosen = np.sort(seen)
    return Automaton(group[step[chosen]].astype(np.uint8).ravel(), kinds[chosen].astype(np.uint8))


def _joined(rules: list[tuple[int, Pattern]]) -> tuple[list[tuple[int, Places]], Pattern]:
    whole, ends, taken = rules[0][1], [], 0
    for number, (kind, pattern) in enumerate(rules):
        whole = whole | pattern if number else pattern
        ends.append((kind, frozenset(p + taken for p in pattern.last)))
        taken += len(pattern.at)
    return ends, whole


def _pairs(left: Places, right: Places) -> frozenset[tuple[int, int]]:
    return frozenset((a, b) for a in left for b in right)
