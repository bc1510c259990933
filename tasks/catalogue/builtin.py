"""The collections that medir holds itself, as entries made from their own cards."""

from __future__ import annotations

from corpora.builtin.cards import builtin_cards
from corpora.builtin.splits import SPLITS
from corpora.collection import Card

from .entry import Entry

FREE = ("Public domain", "HPO licence")
"""How the licences begin that allow commercial use."""


def builtin_entries() -> dict[str, Entry]:
    """An entry for every built-in collection, by name; neither data nor package is needed."""
    return {card.name: _entry(card) for card in builtin_cards()}


def _entry(card: Card) -> Entry:
    shared = {
        name: getattr(card, name)
        for name in ("name", "language", "licence", "attribution", "citation", "main", "measures", "text_rule", "slices")
    }
    shared |= {name: getattr(card, name) for name in ("version", "drop_same_id", "macro", "note", "trained_on")}
    counts = {
        key.replace("_", ".", 1) if key.startswith("queries_") else key: count for key, count in card.counts.items() if count
    }
    return Entry(
        benchmark="builtin",
        type="retrieval",
        title=card.name,
        languages=(card.language,),
        commercial=card.licence.startswith(FREE),
        splits=tuple(sorted(SPLITS, key=lambda split: split != "test")),
        counts={"documents": card.counts["documents"], "queries": card.counts["queries_test"]} | _split_counts(counts),
        source={"kind": "builtin", "name": card.name},
        **shared,
    )


def _split_counts(counts: dict[str, int]) -> dict[str, int]:
    return {key: counts[key] for key in ("queries.test", "queries.dev") if key in counts} | {"queries.all": counts["queries"]}
