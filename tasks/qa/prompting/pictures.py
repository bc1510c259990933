"""The pictures of one prompt: the question's, then those of passages, numbered in one row, and what of a passage is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from corpora import ImageRef
from corpora.state import digest_json
from retrieval.generators.pictures import PICTURE_TOKENS, checked

from ..passages import Passage
from .passages import Count, Order, Shown, shown
from .templates import LANGUAGES, PICTURE_OF_PASSAGE, PICTURE_OF_QUESTION, PICTURE_WORD, template

Show = Literal["text", "image", "both"]
"""What of a passage is shown: its title and text, its pictures, or both."""
SHOWS: tuple[Show, ...] = get_args(Show)
MOST_IMAGES = 4
"""How many pictures of passages a prompt has at most, unless it is said otherwise."""


@dataclass(frozen=True)
class Sound:
    """The pictures of some that can be sent; `faults`: what is wrong with the others, by name."""

    images: tuple[ImageRef, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """Passages as a prompt holds them: `passages` those of which something is shown, best first, and how (`text`).

    `images`: the pictures of each place of `text`, in the order shown. `left`: pictures that `most` or the budget left out;
    `without`: passages of which nothing was left to show; `faults`: pictures that cannot be sent, by name.
    """

    passages: tuple[Passage, ...]
    text: Shown
    images: tuple[tuple[ImageRef, ...], ...] = ()
    left: int = 0
    without: int = 0
    faults: tuple[str, ...] = ()

    @property
    def flat(self) -> tuple[ImageRef, ...]:
        """All pictures of passages, in the order shown."""
        return tuple(image for own in self.images for image in own)


def sound(images: Sequence[ImageRef]) -> Sound:
    """Which pictures can be sent; the pixels of each are decoded."""
    told = [(image, checked(image).fault) for image in images]
    faults = tuple(f"{name_of(image)}: {fault}" for image, fault in told if fault)
    return Sound(tuple(image for image, fault in told if not fault), faults)


def name_of(image: ImageRef) -> str:
    """The name of a picture's file, with its frame where that is not the first."""
    return image.path.rsplit("/", 1)[-1] + (f" frame {image.frame}" if image.frame else "")


def held(passages: Sequence[Passage], show: Show, order: Order, budget: int, most: int, count: Count) -> Held:
    """What a prompt shows of passages (best first): `budget` tokens (0: no limit), of which a picture needs PICTURE_TOKENS.

    Texts come before pictures. `most` pictures are shown at most, those of the best passages; a passage of which only pictures
    may be shown, and which has none left, is not shown.
    """
    if show == "text":
        return Held(tuple(passages), shown(passages, order, budget, count))
    text = shown(passages, order, budget, count) if show == "both" else shown((), order, budget, count)
    own = [sound(passage.images) for passage in passages]
    near = own[: len(text.lines)] if show == "both" else own
    given = _given([one.images for one in near], most, (budget - text.tokens) // PICTURE_TOKENS if budget else most)
    kept = [place for place, images in enumerate(given) if images or show == "both"]
    if show == "image":
        text = shown([replace(passages[place], title="", text="") for place in kept], order, 0, count)
    left = sum(len(one.images) for one in own) - sum(map(len, given))
    return Held(
        tuple(passages[place] for place in kept),
        text,
        tuple(given[kept[place]] for place in text.places),
        left,
        len(passages) - len(kept) if show == "image" else 0,
        tuple(fault for one in own for fault in one.faults),
    )


def _given(images: Sequence[tuple[ImageRef, ...]], most: int, room: int) -> list[tuple[ImageRef, ...]]:
    """The first pictures, as many as may be."""
    left, given = min(most, max(room, 0)), []
    for own in images:
        given.append(own[:left])
        left -= len(given[-1])
    return given


def marked(some: Held, own: int, tongue: str) -> list[str]:
    """The lines of passages, each with the numbers of its pictures behind it; those of `own` pictures come before."""
    lines, number = [], own
    for line, images in zip(some.text.lines, some.images or ((),) * len(some.text.lines), strict=True):
        names = ", ".join(PICTURE_WORD[tongue].format(number + place) for place in range(1, len(images) + 1))
        number += len(images)
        lines.append(f"{line} ({names})".strip() if names else line)
    return lines


def legend_rules() -> str:
    """sha256 (hex) over the words of every language by which pictures are told apart in a prompt."""
    words = (PICTURE_WORD, PICTURE_OF_QUESTION, PICTURE_OF_PASSAGE)
    return digest_json({tongue: [template("pictures", tongue).sha256, *(one[tongue] for one in words)] for tongue in LANGUAGES})


def legend(own: int, of_passages: Sequence[int], tongue: str) -> str:
    """What a model is told of the pictures below the text, in their order; nothing where there are none."""
    owners = [PICTURE_OF_QUESTION[tongue]] * own
    owners += [PICTURE_OF_PASSAGE[tongue].format(place) for place, some in enumerate(of_passages, 1) for _ in range(some)]
    if not owners:
        return ""
    told = [f"{PICTURE_WORD[tongue].format(number)} = {owner}" for number, owner in enumerate(owners, 1)]
    return template("pictures", tongue).filled(images="; ".join(told)) + "\n\n"
