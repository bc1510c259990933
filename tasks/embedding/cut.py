"""Labelled texts or pictures cut in two, where nobody has done so."""

from __future__ import annotations

import hashlib

from corpora import InputError
from corpora.labelled import Labels

from .items import content

TEST_SHARE = 0.3


def stratified(data: Labels, name: str, share: float = TEST_SHARE) -> tuple[Labels, Labels]:
    """The texts (or pictures) cut into a part to learn from and a part to predict, both in the order given.

    Of each label the texts are put in the order of the sha256 of text (or the picture's key) and id, and the last `share` of
    them, rounded, at least one and never all, are predicted: so the cut depends on nothing but the texts. Raises InputError
    for a label with one example.
    """
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(data.labels):
        rows.setdefault(label, []).append(row)
    single = [label for label, own in rows.items() if len(own) == 1]
    if single:
        more = f" (and so have {len(single) - 1} more)" if len(single) > 1 else ""
        mend = "there is no split 'train', so each label is cut in two: give it a second example, or leave it out"
        raise InputError(f"the label {single[0]!r} has one example{more}", where=name, mend=mend)
    keys = [_key(*one) for one in zip(content(data), data.ids, strict=True)]
    asked = sorted(row for own in rows.values() for row in _last(keys, own, share))
    return data.take(sorted(set(range(len(data))) - set(asked))), data.take(asked)


def _last(keys: list[bytes], rows: list[int], share: float) -> list[int]:
    count = min(max(round(share * len(rows)), 1), len(rows) - 1)
    return sorted(rows, key=keys.__getitem__)[len(rows) - count :]


def _key(content: str, own: str) -> bytes:
    return hashlib.sha256(f"{content}\0{own}".encode("utf-8", "surrogatepass")).digest()
