"""Captioned pictures to fit a projection on: divided by picture, the held-out part kept as a folder, features looked up."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, MedirError, Role, UsageError
from corpora.caption_folder import ALL, open_captions
from corpora.caption_samples import sharing_a_file
from corpora.captions import CaptionedImages
from corpora.folder import CARD_FILE
from corpora.images import ImageRef, pinned
from corpora.state import digest, digest_json
from corpora.workspace import Workspace

from ..encoders.images.projected import Tower
from ..encoders.rows import unit_rows
from ..vectors.embed import embed
from .projection_fit import Groups, Pairs
from .splits import MEASURED, card_text, whole_folder

CAPTIONS = "captions.jsonl"
PICTURES_AS: Role = "document"
TEXTS_AS: Role = "query"
"""The roles that pictures and texts are embedded in."""


@dataclass(frozen=True)
class DividedCaptions:
    """Captioned pictures: the part that is trained on, and the part held out, if any."""

    train: CaptionedImages
    held_out: CaptionedImages | None


def open_for_projection(folder: Path, split: str | None, holdout: float, seed: int, workspace: Workspace) -> DividedCaptions:
    """The pictures of a captions folder, a share of them held out: drawn by the hash of seed and id, none in both parts.

    The split `test` is there to be measured: it is refused, alone or within `all`, unless it is the only one and a share of it
    is held out.
    Raises UsageError for what is refused, InputError where nothing is left, and what `open_captions` raises.
    """
    if not 0 <= holdout < 1:
        raise UsageError(f"--holdout {holdout} is no share", mend="for example: --holdout 0.5")
    found = open_captions(folder, split, workspace)
    measured = _measured(folder, found, workspace)
    if measured and not (holdout and len(open_captions(folder, ALL, workspace)) == measured):
        what = "the split 'test' is measured, and what is measured is not trained on"
        mend = "train on another split (--split train); where it is the only one, hold a share of it out: --holdout 0.5"
        raise UsageError(what, where=str(folder), mend=mend)
    return divided(found, holdout, seed)


def _measured(folder: Path, found: CaptionedImages, workspace: Workspace) -> int:
    """How many pairs of the split `test` are among those found."""
    if found.split != ALL:
        return len(found) if found.split == MEASURED else 0
    try:
        return len(open_captions(folder, MEASURED, workspace))
    except MedirError:  # there is no such split, or none of its pictures can be read
        return 0


def divided(captions: CaptionedImages, share: float, seed: int) -> DividedCaptions:
    """A share of the pairs held out; pairs of one picture (equal files) stay together.

    Groups of pairs are held out in the order of sha256 of the seed and their first id, until the share is full: the order of
    the pairs decides nothing, and adding pairs moves few.
    """
    groups = sharing_a_file(captions.images)
    of_group: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        of_group.setdefault(group, []).append(row)
    ordered = sorted(of_group.values(), key=lambda rows: digest(str(seed), min(captions.ids[row] for row in rows)))
    most, held = round(share * len(captions)), list[int]()
    for rows in ordered:
        held += rows if len(held) + len(rows) <= most else []
    train = sorted(set(range(len(captions))) - set(held))
    return DividedCaptions(captions.take(train), captions.take(sorted(held)) if held else None)


def pairs_of(captions: CaptionedImages, image: Tower, text: Tower, workspace: Workspace) -> tuple[Pairs, dict[str, int]]:
    """The pairs that have a text and a picture which can be decoded, with kept or new features of both; of several pictures of
    one pair, their mean.

    Counts: `pairs`, `pictures`, and what was left out: `textless_pairs`, `undecodable_images`, `pairs_without_picture`.
    Raises InputError where fewer than two pairs are left.
    """
    asked = captions.take([row for row in range(len(captions)) if captions.texts[row].strip()] or [0])
    features, counts = _features(asked, image, workspace)
    rows = np.flatnonzero(counts[:, 0])
    if len(rows) < 2:
        raise InputError("fewer than two pictures with a text are left", where=captions.name, mend="give more captioned pictures")
    kept = asked.take(rows.tolist())
    same_text = np.unique(np.array(kept.texts, object), return_inverse=True)[1].astype(np.int64)
    vectors = embed(text.encoder, list(kept.texts), TEXTS_AS, workspace, ids=list(kept.ids)).vectors
    left = {"textless_pairs": len(captions) - len(asked), "undecodable_images": int(counts[:, 1].sum())}
    left["pairs_without_picture"] = len(asked) - len(kept)
    told = {"pairs": len(kept), "pictures": int(counts[:, 0].sum()), **{name: value for name, value in left.items() if value}}
    return Pairs(features[rows], unit_rows(vectors), same_text, sharing_a_file(kept.images)), told


def _features(captions: CaptionedImages, image: Tower, workspace: Workspace) -> tuple[NDArray[np.float32], Groups]:
    """The mean feature of the pictures of each of n pairs, float32 (n, i), and how many could be decoded and how many could not,
    int64 (n, 2).
    """
    from ..vectors.images import embed_images

    images = [one for own in captions.images for one in own]
    owner = np.repeat(np.arange(len(captions)), [len(own) for own in captions.images])
    ids = [captions.ids[row] for row in owner.tolist()]
    vectors = embed_images(image.image_encoder, images, PICTURES_AS, workspace, ids=ids).vectors
    seen = vectors.any(axis=1)
    features = np.zeros((len(captions), vectors.shape[1]), np.float32)
    np.add.at(features, owner[seen], vectors[seen])
    counts = np.stack([np.bincount(owner[which], minlength=len(captions)) for which in (seen, ~seen)], axis=1).astype(np.int64)
    return np.asarray(features / np.maximum(counts[:, :1], 1), np.float32), counts


def digest_of(captions: CaptionedImages) -> dict[str, str]:
    """sha256 (hex) over the pictures, and over the ids and texts."""
    pictures = digest_json([[one.key for one in images] for images in captions.images])
    return {"pictures": pictures, "texts": digest_json(list(zip(captions.ids, captions.texts, strict=True)))}


def picture_files(captions: CaptionedImages) -> list[str]:
    """The hashes of all picture files, each once, sorted."""
    return sorted({pinned(image).sha256 for images in captions.images for image in images})


def write_held_out_captions(place: Path, folder: Path, held_out: CaptionedImages) -> None:
    """A captions folder of the held-out pairs alone, whose pictures are those of `folder`: hard links, so that none is stored
    twice; copies where the disk can hold no links.

    One that is there already stays, if it holds the same; else that is an InputError.
    """
    lines = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in _records(folder, held_out))
    names = {_under(folder, image) for images in held_out.images for image in images}
    if place.exists():
        file = place / CAPTIONS
        whole = file.is_file() and file.read_text("utf-8") == lines and all((place / name).is_file() for name in names)
        if not whole:
            raise InputError("holds something else than these held-out pictures", where=str(place), mend="remove it")
        return
    with whole_folder(place) as draft:
        (draft / CAPTIONS).write_text(lines, "utf-8")
        (draft / CARD_FILE).write_text(card_text(folder, held_out.name), "utf-8")
        for name in sorted(names):
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            _linked((folder / name).resolve(), draft / name)


def _records(folder: Path, captions: CaptionedImages) -> list[dict[str, Any]]:
    columns = zip(captions.ids, captions.images, captions.texts, captions.metadata, strict=True)
    return [{**more, "id": name, "images": _named(folder, images), "text": text} for name, images, text, more in columns]


def _named(folder: Path, images: Sequence[ImageRef]) -> list[dict[str, Any]]:
    return [{"path": _under(folder, image), "frame": image.frame} for image in images]


def _under(folder: Path, image: ImageRef) -> str:
    return Path(image.path).relative_to(folder.absolute()).as_posix()


def _linked(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)
