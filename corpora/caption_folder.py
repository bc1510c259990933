"""A folder of pictures with `captions.jsonl` (or .csv, .tsv, .parquet) as captioned pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .captions import CaptionedImages
from .errors import InputError
from .folder import CARD_FILE
from .images import FAULTS_NAMED
from .images.claims import Claim
from .images.located import Gallery
from .labelled_folder import _card as card_in
from .labelled_folder import choose_split, file_called
from .reading.columns import IDS, TEXTS, TextField, as_id, as_metadata, field_of
from .reading.formats import place, rows_of
from .reading.labelled import ONLY_SPLIT
from .reading.streams import unreadable
from .reading.witness import Witness, placed
from .workspace import Workspace

ALL = "all"
LAYOUT = 'one a line: {"id": "1", "image": "images/1.png", "text": "what it shows"}'


@dataclass(frozen=True)
class _Row:
    id: str
    split: str
    text: str
    claims: tuple[Claim, ...]
    metadata: Mapping[str, Any]
    place: str


def open_captions(folder: Path, split: str | None, workspace: Workspace) -> CaptionedImages:
    """The captioned pictures of a folder for one split: the one asked for, else the only one, else `test`; `all` is every row.

    A record has an id, its pictures (`image`, `image_path` or `images`, paths under the folder) and perhaps a text (`text`,
    `contents`, `body` or `caption`) and a `split`; further fields are metadata. Notes: `missing_images`, `unreadable_images`,
    `oversized_images`, and `captions_without_image` (rows that have no picture, or lost all: they are left out).

    Raises UsageError for an unknown split; InputError for a folder without a captions file, and, with file and line, for what
    cannot be read, an id that occurs twice, and a picture outside the folder.
    """
    return captions_in(folder, split, Gallery(folder.absolute(), workspace.progress))


def captions_in(folder: Path, split: str | None, gallery: Gallery) -> CaptionedImages:
    """As `open_captions`; the gallery counts and names every picture that is left out."""
    witness = Witness(counts=gallery.counts)
    read = list(_rows(_captions_file(folder), witness))
    _check_ids(read)
    splits = sorted({row.split for row in read})
    split = choose_split(splits if split is None and len(splits) == 1 else [*splits, ALL], split, folder)
    own = [row for row in read if split in (row.split, ALL)]
    images = list(_images(own, gallery))
    kept = [place for place, some in enumerate(images) if some]
    witness.counts["captions_without_image"] = len(own) - len(kept)
    faults = tuple(gallery.messages[:FAULTS_NAMED])
    if not kept:
        raise InputError(_none_left(faults), where=str(folder), mend="mend the paths of the pictures in the captions file")
    card = card_in(folder, [own[row].text for row in kept])
    found = CaptionedImages(
        card,
        split,
        tuple(own[row].id for row in kept),
        tuple(images[row] for row in kept),
        tuple(own[row].text for row in kept),
        tuple(own[row].metadata for row in kept),
        dict(+witness.counts),
        faults,
    )
    _check_counts(found, folder)
    return found


def has_captions(folder: Path) -> bool:
    """Whether a folder holds a captions file and no corpus, so that it is pictures with their texts."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return any(name.startswith("captions.") for name in names) and not any(name.startswith("corpus") for name in names)


def _captions_file(folder: Path) -> Path:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as problem:
        raise unreadable(folder, problem) from None
    if not any(name.startswith("captions.") for name in names):
        listed = ", ".join(sorted(names)[:10]) or "none"
        mend = f"write captions.jsonl (or .csv, .tsv, .parquet) beside the pictures, {LAYOUT}; the text may be left out"
        raise InputError(f"no captions; the files there are: {listed}", where=str(folder), mend=mend)
    return file_called(folder, "captions")


def _rows(path: Path, witness: Witness) -> Iterator[_Row]:
    fields = None
    for line, _, row in rows_of(path, witness):
        where = place(path, line)
        try:
            fields = fields or _fields(row)
            yield _row(row, *fields, where)
        except InputError as fault:
            raise placed(fault, where) from None


def _fields(row: Mapping[str, Any]) -> tuple[str, TextField]:
    name, text = field_of("id", IDS, row), TextField.of(row, (*TEXTS, "caption"))
    if not text.pictured:
        raise InputError(f"no field for pictures; the fields there are: {', '.join(map(repr, row))}", mend=f"write {LAYOUT}")
    return name, text


def _row(row: dict[str, Any], id_field: str, text_field: TextField, where: str) -> _Row:
    (text, claims), name = text_field.taken(row), as_id(row.pop(field_of("id", (id_field,), row)))
    split = row.pop("split", None)
    own = ONLY_SPLIT if split in (None, "") else as_id(split, "split")
    return _Row(name, own, text, claims, as_metadata(row), where)


def _check_ids(rows: Sequence[_Row]) -> None:
    if not rows:
        raise InputError("there is no caption in it", mend=f"write {LAYOUT}")
    places: dict[str, str] = {}
    for row in rows:
        if (first := places.setdefault(row.id, row.place)) != row.place:
            mend = f"the other stands at {first}: give each an id of its own"
            raise InputError(f"two captions share the id {row.id!r}", where=row.place, mend=mend)


def _images(rows: Sequence[_Row], gallery: Gallery) -> Iterator[Any]:
    """The pictures of each row, looked at all together."""
    gallery.look(claim for row in rows for claim in row.claims)
    return (gallery.refs(row.claims, row.place, f"picture {row.id!r}") for row in rows)


def _none_left(faults: Sequence[str]) -> str:
    return f"none of its pictures can be read; the first: {faults[0]}" if faults else "no caption has a picture"


def _check_counts(found: CaptionedImages, folder: Path) -> None:
    """Nothing where the card's counts of pairs and pictures hold."""
    for what, count in found.describe().items():
        if found.card.counts.get(what, count) != count:
            said = f"the card says {found.card.counts[what]:,} {what}, the files {count:,}"
            raise InputError(said, where=str(folder / CARD_FILE), mend="mend one of them")
