"""`medir run --type pair|sts|classification|clustering`: a folder's labels or pairs."""

from __future__ import annotations

from pathlib import Path

from corpora.labelled import LabelledTexts, TextPairs


def open_labelled_folder(kind: str, folder: Path, split: str | None) -> LabelledTexts | TextPairs:
    """What a type needs of a folder; pairs without values get negatives. Raises what the readers raise."""
    from corpora.builders import with_negatives
    from corpora.labelled_folder import has_values, read_labelled, read_pairs
    from corpora.reading.labelled import VALUES

    if kind in ("classification", "clustering"):
        return read_labelled(folder)
    if kind == "pair" and not has_values(folder):
        return with_negatives(read_pairs(folder, split, valued=False))
    return read_pairs(folder, split, values=VALUES[::-1] if kind == "sts" else VALUES)
