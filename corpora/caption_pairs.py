"""Questions drawn from the question-answer pairs of captioned pictures, and captions without them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, NamedTuple

import orjson

from .caption_samples import image_keys
from .captions import CaptionedImages

_BETWEEN = " \t\n.,;?!"


class Asked(NamedTuple):
    """A drawn question, the caption of its picture without it and its answer, and its further fields."""

    question: str
    caption: str
    fields: Mapping[str, Any]


def asked_pairs(captions: CaptionedImages, field: str, seed: int) -> tuple[dict[int, Asked], dict[str, int]]:
    """By row the question drawn from the pairs in the metadata `field`, and what was counted (see `question_to_image`)."""
    found: dict[int, Asked] = {}
    counts: Counter[str] = Counter()
    for row, (name, text, fields) in enumerate(zip(captions.ids, captions.texts, captions.metadata, strict=True)):
        pairs = list(_pairs(fields.get(field)))
        if not pairs:
            counts["pairs_without_question"] += 1
            continue
        question, _, rest = pairs[_drawn(seed, name, len(pairs))]
        caption = text
        for other, its, _ in pairs:
            caption = without(caption, f"{other} {its}") if _letters(other) == _letters(question) else caption
        if len(pairs) == 1 or not caption:
            counts["pairs_without_question"] += 1
            continue
        counts["questions_not_in_caption"] += caption == text
        found[row] = Asked(question, caption, rest)
    return found, dict(+counts)


def unasked(captions: CaptionedImages, asked: Mapping[int, Asked], field: str) -> list[str]:
    """The texts of all pairs without what is asked of their pictures, whichever pair of equal pictures it was drawn from."""
    keys = image_keys(captions)
    questions: dict[str, set[str]] = {key: set() for key in keys}
    for row, one in asked.items():
        questions[keys[row]].add(_letters(one.question))
    pieces: dict[str, list[str]] = {key: [] for key in keys}
    for key, fields in zip(keys, captions.metadata, strict=True):
        pieces[key] += (f"{own} {answer}" for own, answer, _ in _pairs(fields.get(field)) if _letters(own) in questions[key])
    return [reduce(without, pieces[key], text) for key, text in zip(keys, captions.texts, strict=True)]


def without(text: str, piece: str) -> str:
    """A text without a piece, wherever it stands between word bounds, compared by letters and digits alone, in any case."""
    letters = [(letter, place) for place, one in enumerate(text) if one.isalnum() for letter in one.casefold()]
    plain, wanted = "".join(letter for letter, _ in letters), _letters(piece)
    kept, done, at = [], 0, plain.find(wanted) if wanted else -1
    while at >= 0:
        start, stop = letters[at][1], letters[at + len(wanted) - 1][1] + 1
        if not (text[start - 1 : start].isalnum() or text[stop : stop + 1].isalnum()):
            kept.append(text[done:start])
            done = stop + len(text[stop:]) - len(text[stop:].lstrip(_BETWEEN))
            at += len(wanted) - 1
        at = plain.find(wanted, at + 1)
    return "".join([*kept, text[done:]]).strip() if kept else text


def _letters(text: str) -> str:
    return "".join(one.casefold() for one in text if one.isalnum())


def _pairs(value: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Question, answer and further fields of each pair; in a table they are written as JSON."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, dict) and str(pair.get("question") or "").strip():
            rest = {name: one for name, one in pair.items() if name not in ("question", "answer")}
            yield str(pair["question"]).strip(), str(pair.get("answer") or "").strip(), rest


def _drawn(seed: int, name: str, among: int) -> int:
    key = hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(key[:8], "little") % among
