"""What reads text alone, put before a query with pictures: it reads the query's own words, and says what it did not read."""

from __future__ import annotations

from dataclasses import replace

from corpora import InputError, Part, Queries
from corpora.queries import Reader


def texts_alone(queries: Queries, reader: Reader, who: str) -> tuple[Queries, dict[str, int]]:
    """The queries without the pictures that a `reader` is meant to read, and how many queries had some.

    Nothing changes, and nothing is counted, where no query has a picture. Raises InputError for a query with a picture and no
    text, naming the query and `who` reads text alone.
    """
    if not any(map(_is_picture, (part for parts in queries.parts for part in parts if part.is_for(reader)))):
        return queries, {}
    unread = [any(_is_picture(part) and part.is_for(reader) for part in parts) for parts in queries.parts]
    for query, parts, pictured in zip(queries.ids, queries.parts, unread, strict=True):
        if pictured and not any((part.text.strip() or part.vector is not None) and part.is_for(reader) for part in parts):
            mend = "give the query a text, or use a model that reads pictures: dense:MODEL"
            raise InputError(f"a query is a picture without text, and {who} reads text", where=f"query {query!r}", mend=mend)
    kept = tuple(tuple(part for part in parts if not _is_picture(part)) for parts in queries.parts)
    return replace(queries, parts=kept), {"image_parts_unread_queries": sum(unread)}


def _is_picture(part: Part) -> bool:
    return part.image is not None
