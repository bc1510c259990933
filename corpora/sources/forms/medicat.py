"""MedICaT: JSON lines of figures with captions, the pictures in `figures/`, as in its repository's sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...images.claims import Claim
from ...reading.columns import as_id, as_text
from ...reading.formats import place, rows_of
from ...reading.witness import Witness, placed
from ..captioned import Pair

FIGURES = "figures"
KEPT = ("radiology", "scope")
_CAPTIONS = ("s2_caption", "s2orc_caption")


def medicat_pairs(folder: Path, split: str, part: str, recipe: str) -> Iterator[Pair]:
    """The figures of every JSON Lines file of a folder: id and picture are `PDF-HASH_FIG-URI`, the text is the caption as
    extracted from the PDF, else as in S2ORC. Raises InputError, with the recipe or the line.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise InputError("there is no JSON Lines file in it", where=str(folder), mend=recipe)
    for path in files:
        for line, _, row in rows_of(path, Witness()):
            try:
                yield _pair(row, place(path, line))
            except InputError as fault:
                raise placed(fault, place(path, line)) from None


def _pair(row: dict[str, Any], where: str) -> Pair:
    name = f"{as_id(row.get('pdf_hash'), 'pdf_hash')}_{as_id(row.get('fig_uri'), 'fig_uri')}"
    text = next((text for key in _CAPTIONS if (text := as_text(row.get(key), key))), "")
    kept = {key: "yes" if row[key] else "no" for key in KEPT if isinstance(row.get(key), bool)}
    return Pair(name, (Claim(f"{FIGURES}/{name}"),), text, where, dict(kept))
