"""Parts of captioned pictures: the first, some drawn by hash, two halves; and their pictures with a label each."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .captions import CaptionedImages
from .errors import InputError
from .images import ImageRef, pinned
from .labelled import LabelledTexts, Labels

TRAIN, TEST = "train", "test"


def first(captions: CaptionedImages, n: int) -> CaptionedImages:
    """The first n pairs (how Med3DVLM takes its pools). Raises InputError where there are fewer."""
    _check(captions, n)
    return captions.take(range(n))


def drawn(captions: CaptionedImages, n: int, seed: int = 0, replacement: bool = False) -> CaptionedImages:
    """Some n pairs, drawn by the sha256 of seed and id (with replacement: of seed and draw), in the order of the data.

    With replacement (how PMC-CLIP's released code draws 2,000 of ROCO's test set) a pair may come again: its id then ends in
    `#2`, `#3`..., and all of them are equal in text and picture, so that the tasks made of them count each as right for each.
    Notes: `repeated_draws`. Raises InputError where there are fewer than n and none may come again.
    """
    if replacement:
        return _repeating(captions, sorted(_hashed(seed, str(number)) % len(captions) for number in range(n)))
    _check(captions, n)
    chosen = sorted(range(len(captions)), key=lambda row: (_hashed(seed, captions.ids[row]), row))[:n]
    return captions.take(sorted(chosen))


def halves(captions: CaptionedImages, seed: int = 0) -> tuple[CaptionedImages, CaptionedImages]:
    """Two halves by the sha256 of seed and pictures, of splits called `train` and `test`; pairs that share a picture's file, be
    it through a third, are in the same half.

    Raises InputError for fewer than two different pictures.
    """
    keys = _group_keys(captions)
    ordered = sorted(set(keys), key=lambda key: (_hashed(seed, key), key))
    if len(ordered) < 2:
        raise InputError("there are no two different pictures in it", where=captions.name, mend="halves need a second one")
    training = set(ordered[: len(ordered) // 2])
    rows: dict[str, list[int]] = {TRAIN: [], TEST: []}
    for row, key in enumerate(keys):
        rows[TRAIN if key in training else TEST].append(row)
    return replace(captions.take(rows[TRAIN]), split=TRAIN), replace(captions.take(rows[TEST]), split=TEST)


def sharing_a_file(images: Sequence[Sequence[ImageRef]]) -> NDArray[np.int64]:
    """A number for each pair, int64 (n), equal for those that share a picture file, be it through a third."""
    parent = list(range(len(images)))

    def top(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    first: dict[str, int] = {}
    for row, own in enumerate(images):
        for image in own:
            parent[top(row)] = top(first.setdefault(pinned(image).sha256, row))
    return np.array([top(row) for row in range(len(images))], np.int64)


def labelled_images(captions: CaptionedImages, label: str, *, split: bool = True, seed: int = 0) -> LabelledTexts:
    """The pictures with the label that the metadata field `label` gives, for classification and clustering.

    `split`: the two `halves`; else all in one split of the captions' name. Each picture of a pair that has several carries its
    label, under an id that ends in `#2`, `#3`... Notes: `unlabelled_images` (pairs left out).
    Raises InputError where no pair has the label.
    """
    own = labelled_rows(captions, label)
    parts = halves(captions.take(own), seed) if split else (captions.take(own),)
    notes = {**captions.notes, "unlabelled_images": len(captions) - len(own)}
    splits = {part.split: _labels(part, label) for part in parts}
    return LabelledTexts(captions.card, splits, {name: count for name, count in notes.items() if count})


def labelled_rows(captions: CaptionedImages, label: str) -> list[int]:
    """The rows whose metadata have this field. Raises InputError, which lists the fields, where none has."""
    rows = [row for row, fields in enumerate(captions.metadata) if fields.get(label) not in (None, "")]
    if not rows:
        listed = ", ".join(sorted({name for fields in captions.metadata for name in fields})) or "none"
        raise InputError(f"no picture has the field {label!r}", where=captions.name, mend=f"use one of: {listed}")
    return rows


def image_keys(captions: CaptionedImages) -> list[str]:
    """What tells the pictures of each pair apart, wherever they lie: the keys of all, in order."""
    return [" ".join(image.key for image in images) for images in captions.images]


def _group_keys(captions: CaptionedImages) -> list[str]:
    """Of each pair the least key of all pairs that share a file with it."""
    keys, groups = image_keys(captions), sharing_a_file(captions.images).tolist()
    least: dict[int, str] = {}
    for group, key in zip(groups, keys, strict=True):
        least[group] = min(least.get(group, key), key)
    return [least[group] for group in groups]


def _labels(part: CaptionedImages, label: str) -> Labels:
    rows: list[tuple[str, str, str, ImageRef]] = []
    for name, images, text, fields in zip(part.ids, part.images, part.texts, part.metadata, strict=True):
        rows += ((_numbered(name, place), text, str(fields[label]), image) for place, image in enumerate(images, 1))
    ids, texts, labels, pictures = zip(*rows, strict=True)
    return Labels(ids, texts, labels, images=pictures)


def _repeating(captions: CaptionedImages, rows: Sequence[int]) -> CaptionedImages:
    """The pairs at these rows, of which some may be the same."""
    times: Counter[int] = Counter()
    ids: list[str] = []
    for row in rows:
        times[row] += 1
        ids.append(_numbered(captions.ids[row], times[row]))
    repeated = len(rows) - len(times)
    return replace(
        captions,
        ids=tuple(ids),
        images=tuple(captions.images[row] for row in rows),
        texts=tuple(captions.texts[row] for row in rows),
        metadata=tuple(captions.metadata[row] for row in rows),
        notes={**captions.notes, **({"repeated_draws": repeated} if repeated else {})},
    )


def _numbered(name: str, place: int) -> str:
    return name if place == 1 else f"{name}#{place}"


def _hashed(seed: int, text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()[:8], "little")


def _check(captions: CaptionedImages, n: int) -> None:
    if not 1 <= n <= len(captions):
        what = f"{n:,} of {len(captions):,} pictures are asked for"
        raise InputError(what, where=captions.name, mend=f"ask for 1 to {len(captions):,}")
