"""Pictures that tables name: where they lie, and what their documents and queries get of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..images.claims import Claim, claims_of
from ..images.column import encoded_images
from ..images.decode import DECODING
from ..images.located import Gallery, is_there
from ..reading.witness import placed
from ..state import digest
from ..workspace import Workspace
from .archives import unpacked
from .judged import Document
from .local import LocalFolder
from .opened import OpenTable, Values, id_at, text_at
from .tables import Pictures

IMAGE = "image"
_AT_ONCE = 1024


@dataclass(frozen=True)
class Shelf:
    """Where the pictures of some tables lie: a folder, and the folders `under` it in which one is looked for in turn."""

    root: Path
    under: tuple[str, ...]
    workspace: Workspace

    def gallery(self) -> Gallery:
        """A new gallery of its pictures, which counts what is wrong with them."""
        return Gallery(self.root, self.workspace.progress)

    def claims(self, value: Any, place: str) -> tuple[Claim, ...]:
        """The pictures that the cell of a table names, where they lie; one that lies nowhere is as it is written.

        Raises InputError with the place.
        """
        try:
            return tuple(Claim(self.found(claim.path), claim.frame) for claim in claims_of({IMAGE: value}))
        except InputError as fault:
            raise placed(fault, place) from None

    def found(self, path: str) -> str:
        """The path under the root at which a picture is: the first of the folders that holds it, else as it is written."""
        tried = (path if folder == "." else f"{folder}/{path}" for folder in self.under)
        return next((name for name in tried if is_there(self.root / name)), path)


def shelf_of(table: OpenTable, pictures: Pictures) -> Shelf | None:
    """Where the pictures of a table lie, unpacked where they are in archives; none where it has no column for them."""
    if IMAGE not in table.table.columns:
        return None
    if isinstance(table.repository, LocalFolder):
        return Shelf(table.repository.folder, pictures.under, table.workspace)
    if not pictures.archives:
        mend = 'name the archives: pictures = { archives = "*.zip" }'
        raise InputError("it does not say where its pictures are", where=table.where, mend=mend)
    return Shelf(unpacked(table.repository, pictures.archives, table.workspace), pictures.under, table.workspace)


def shelf_key(table: OpenTable, shelf: Shelf) -> str:
    """What documents with pictures depend on: their table, where pictures are looked for, and the archives that they come from
    or, in a user's folder, the pictures (path, size and time of change of each); and the version of the decoding rules.
    """
    stamped = shelf.root.parent.name
    if isinstance(table.repository, LocalFolder):
        from ..images.located import stamp

        named = (shelf.claims(row.fields[0], row.place) for row in table.rows(IMAGE))
        stamped = stamp(shelf.root, {claim.path for claims in named for claim in claims})
    return digest(table.key, "pictures", str(DECODING), *shelf.under, stamped)


def pictured_documents(table: OpenTable, shelf: Shelf, gallery: Gallery) -> Iterator[Document]:
    """The documents of a table with their pictures, those that are faulty left out and counted by the gallery."""
    rows = table.rows("id", "text", "title", IMAGE)
    while some := tuple(islice(rows, _AT_ONCE)):
        named = [shelf.claims(row.fields[-1], row.place) for row in some]
        gallery.look(claim for claims in named for claim in claims)
        for row, claims in zip(some, named, strict=True):
            yield _document(row, gallery, claims)


def _document(row: Values, gallery: Gallery, claims: Iterable[Claim]) -> Document:
    name, text, title, _ = row.fields
    own = id_at(name, "document id", row.place)
    images, files = encoded_images(gallery.refs(tuple(claims), row.place, f"document {own!r}"), gallery.root)
    both = {"text": text_at(text, "text", row.place), "title": text_at(title, "title", row.place)}
    return {"id": own, **both, "images": images, "files": files}
