"""From pictures with captions to the data of what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from corpora import Collection, UsageError
from corpora.caption_tasks import RANKED_TYPES, drawn, labelled_images, ranked
from corpora.captions import CaptionedImages
from corpora.labelled import LabelledTexts
from corpora.registry import suggest

LABELLED_TYPES = ("classification", "clustering", "zero-shot")
CAPTION_TYPES = (*RANKED_TYPES, *LABELLED_TYPES)
BY_LABEL = ("image-to-image", *LABELLED_TYPES)
"""Types that need a field of the pictures as their label."""
SHOWN = 8


@dataclass(frozen=True)
class Choices:
    """What of the captions is used: the field `label`, and of all pairs so many (all where None), drawn by `seed`.

    A classification learns from one half of the pictures and predicts the other (`halves`, by `seed` too).
    `replacement`: a pair may be drawn more than once.
    """

    label: str = ""
    pairs: int | None = None
    seed: int = 0
    replacement: bool = False


def captioned(data: CaptionedImages, kind: str, options: Mapping[str, Any]) -> Collection | LabelledTexts:
    """What a type of `CAPTION_TYPES` needs, made of captions; `options` that are no `Choices` are passed over.

    Raises UsageError for an unknown type, a label where none is taken, and as `label_of`.
    """
    check_type(kind, data.name)
    chosen = choices(options)
    if chosen.label and kind not in BY_LABEL:
        raise UsageError(f"{kind} has no labels", where=data.name, mend="leave out --label")
    if chosen.pairs is not None:
        data = drawn(data, chosen.pairs, chosen.seed, replacement=chosen.replacement)
    label = label_of(data, chosen.label) if kind in BY_LABEL else ""
    if kind in RANKED_TYPES:
        return ranked(data, kind, label, chosen.seed)
    return labelled_images(data, label, split=kind == "classification", seed=chosen.seed)


def check_type(kind: str, name: str) -> None:
    """Raise UsageError, with the types there are, for one that is not made of the captions of `name`."""
    if kind not in CAPTION_TYPES:
        what = f"no {kind} is made of them" if kind else "no type says what to make of them"
        mend = f"give --type, one of: {', '.join(CAPTION_TYPES)}"
        raise UsageError(f"there are pictures with captions here, and {what}", where=name, mend=mend)


def choices(options: Mapping[str, Any]) -> Choices:
    """Those of the options that say what of the captions is used."""
    return Choices(**{one.name: options[one.name] for one in fields(Choices) if one.name in options})


def others(options: Mapping[str, Any]) -> dict[str, Any]:
    """The other options, which are those of the type."""
    mine = {one.name for one in fields(Choices)}
    return {name: value for name, value in options.items() if name not in mine}


def label_of(data: CaptionedImages, wanted: str = "") -> str:
    """The field that is the label: the one that is wanted, else the only categorical one.

    Raises UsageError, with the fields there are, for one that no picture has, and where it must be chosen.
    """
    found = categorical(data)
    if wanted:
        there = {name for row in data.metadata for name in row}
        if wanted not in there:
            raise UsageError(f"no picture has a field {wanted!r}", where=data.name, mend=suggest(wanted, sorted(there)))
        return wanted
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} fields could be the label" if found else "no field could be the label"
    mend = f"choose one with --label: {', '.join(found[:SHOWN])}" if found else "give the pictures a field of few values"
    raise UsageError(what, where=data.name, mend=mend)


def categorical(data: CaptionedImages) -> list[str]:
    """The fields that sort pictures, in order: texts, numbers or truth values, two or more, each of two pictures on average."""
    values: dict[str, list[Any]] = {}
    for row in data.metadata:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return sorted(name for name, own in values.items() if _sorts(own))


def _sorts(values: list[Any]) -> bool:
    if not all(isinstance(value, str | int | bool) for value in values):
        return False
    return 2 <= len(set(values)) <= len(values) // 2
