"""Pictures with captions, from a table on the hub or a folder that a user brings, and the retrieval that is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..captions import CaptionedImages
from ..collection import Card
from ..errors import InputError
from ..images import FAULTS_NAMED
from ..images.claims import Claim
from ..images.located import Gallery
from ..workspace import Workspace
from .opened import OpenTable, id_at, moved_notes, open_tables, text_at
from .pictured import IMAGE, Shelf, shelf_of
from .tables import FilesSource, HubSource

WHOLE = "all"
SEED = 0
_SAMPLE = re.compile(r"(first-)?([0-9]+)(-with-replacement)?")
_AT_ONCE = 1024


@dataclass(frozen=True)
class Pair:
    """Pictures with a text as a source names them; `place` is where they stand."""

    id: str
    claims: tuple[Claim, ...]
    text: str
    place: str
    metadata: dict[str, Any] = field(default_factory=dict)


def open_captions(source: HubSource | FilesSource, card: Card, split: str, workspace: Workspace) -> CaptionedImages:
    """The pictures with captions of a source. Raises InputError for what is damaged or not there."""
    if isinstance(source, HubSource):
        tables = open_tables(source, workspace)
        shelf = shelf_of(tables["rows"], source.pictures)
        assert shelf is not None  # the shape needs the column
        return gathered(_rows(tables["rows"], shelf), card, split, shelf.gallery(), moved_notes(tables))
    from .files import user_folder
    from .forms import CAPTIONS

    folder = user_folder(source.folder or card.name, source.recipe)
    if source.layout not in CAPTIONS:
        raise InputError(f"the layout {source.layout!r} has no captions", where=card.name, mend=f"use {', '.join(CAPTIONS)}")
    pairs = CAPTIONS[source.layout](folder, split, source.part, source.recipe)
    return gathered(pairs, card, split, Gallery(folder, workspace.progress))


def gathered(
    pairs: Iterable[Pair], card: Card, split: str, gallery: Gallery, notes: dict[str, int] | None = None
) -> CaptionedImages:
    """The pairs whose pictures are sound. Those without any are left out and counted (`pairs_without_image`), what was wrong
    with pictures is counted and named.
    """
    kept, lost = [], 0
    todo = iter(pairs)
    while some := list(islice(todo, _AT_ONCE)):
        gallery.look(claim for pair in some for claim in pair.claims)
        for pair in some:
            refs = gallery.refs(pair.claims, pair.place, f"picture {pair.id!r}")
            lost += not refs
            if refs:
                kept.append((pair.id, refs, pair.text, pair.metadata))
    if not kept:
        raise InputError("none of its pictures is there", where=str(gallery.root), mend=f"{lost:,} were left out: see the recipe")
    counted = {**(notes or {}), **gallery.counts, "pairs_without_image": lost}
    faults = tuple(gallery.messages[:FAULTS_NAMED])
    ids, images, texts, metadata = zip(*kept, strict=True)
    there = {name: count for name, count in counted.items() if count}
    return CaptionedImages(card, split, ids, images, texts, metadata, notes=there, faults=faults)


def _rows(table: OpenTable, shelf: Shelf) -> Iterator[Pair]:
    """The rows of a table; without a column for ids, the picture's path is one."""
    for (name, text, image), metadata, place in table.rows("id", "text", IMAGE):
        own = id_at(image if name is None else name, "picture id", place)
        yield Pair(own, shelf.claims(image, place), text_at(text, "text", place), place, metadata)


def sampled(captions: CaptionedImages, sample: str) -> CaptionedImages:
    """The pairs that a protocol takes: `all`, the `first-N`, N drawn without replacement (`N`), or `N-with-replacement`.

    Raises InputError for another protocol; as `corpora.caption_tasks`.
    """
    from ..caption_tasks import drawn, first

    if sample in ("", WHOLE):
        return captions
    if (found := _SAMPLE.fullmatch(sample)) is None or (found[1] and found[3]):
        raise InputError(f"the sample is {sample!r}", where=captions.name, mend="write all, N, first-N or N-with-replacement")
    if found[1]:
        return first(captions, int(found[2]))
    return drawn(captions, int(found[2]), SEED, replacement=bool(found[3]))
