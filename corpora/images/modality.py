"""Of what an item is made: text, a picture, or both."""

from __future__ import annotations

from dataclasses import replace

from ..collection import Collection

MODALITY = "modality"


def modality_of(text: bool, image: bool) -> str:
    """`text`, `image` or `text+image`; `text` for what has neither."""
    return "text+image" if text and image else "image" if image else "text"


def with_modality(collection: Collection) -> Collection:
    """The collection sliced by the modality of its queries, where any query or document has a picture; else as it is.

    Each query's metadata gains `modality`, unless it has one, and the card's slices gain it.
    """
    queries, card = collection.queries, collection.card
    if not (queries.pictured or collection.corpus.pictured):
        return collection
    rows = queries.metadata or ({},) * len(queries)
    told = tuple(
        {**row, MODALITY: row.get(MODALITY) or modality_of(bool(queries.text(place)), bool(queries.images(place)))}
        for place, row in enumerate(rows)
    )
    slices = card.slices if MODALITY in card.slices else (*card.slices, MODALITY)
    return replace(collection, card=replace(card, slices=slices), queries=replace(queries, metadata=told))
