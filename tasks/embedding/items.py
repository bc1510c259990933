"""What is embedded for a task: texts, pictures, or both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from corpora import InputError
from corpora.images import ImageRef
from corpora.labelled import Labels


@dataclass(frozen=True)
class Items:
    """n texts, then m pictures, each with an id for messages; `captioned`: the pictures have texts, which are not embedded."""

    texts: Sequence[str] = ()
    text_ids: Sequence[str] = ()
    images: Sequence[ImageRef] = ()
    image_ids: Sequence[str] = ()
    captioned: bool = False

    @classmethod
    def of(cls, *parts: Labels) -> Items:
        """What carries the labels, part after part: the pictures where there are any, else the texts.

        Raises InputError where one part is of pictures and another of texts.
        """
        ids = [one for part in parts for one in part.ids]
        if not any(part.images for part in parts):
            return cls([text for part in parts for text in part.texts], ids)
        if not all(part.images for part in parts):
            raise InputError("one part is of pictures, the other of texts", mend="give pictures in both, or in neither")
        captioned = any(text.strip() for part in parts for text in part.texts)
        return cls((), (), [image for part in parts for image in part.images], ids, captioned)


def noun(labels: Labels) -> str:
    """What counts and messages call the items of a part: `images` or `texts`."""
    return "images" if labels.images else "texts"


def content(labels: Labels) -> Sequence[str]:
    """What tells the items of a part apart: the keys of the pictures (see `ImageRef.key`), or the texts."""
    return [image.key for image in labels.images] if labels.images else labels.texts


def counted_empty(*parts: Labels) -> dict[str, int]:
    """`empty_texts`, where what is embedded are texts."""
    texts = [text for part in parts if not part.images for text in part.texts]
    return {"empty_texts": sum(not text.strip() for text in texts)} if texts else {}


def without(labels: Labels, keys: Collection[str], where: str) -> Labels:
    """The part less the pictures of some keys. Raises InputError, naming `where`, if none is left."""
    kept = [row for row, image in enumerate(labels.images) if image.key not in keys]
    if not kept:
        raise InputError("no picture can be decoded", where=where, mend="medir validate names them all")
    return labels.take(kept)
