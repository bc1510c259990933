"""How a document's title and text become the one text that is indexed or embedded."""

from __future__ import annotations

from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

TextRule = Literal["joined", "text", "pair"]
TEXT_RULES: tuple[str, ...] = get_args(TextRule)
PAIR_SEPARATOR = "\x1f"


def apply_text_rule(titles: pa.Array, texts: pa.Array, rule: TextRule) -> pa.Array:
    """One string per document, from two string arrays of equal length (n).

    `joined`: title, one space, text; where either is empty, the other alone.
    `text`: the text alone. `pair`: title and text kept apart by a unit separator, for models that take both.
    """
    if rule == "text":
        return texts
    separator = " " if rule == "joined" else PAIR_SEPARATOR
    both = pc.binary_join_element_wise(titles, texts, pa.scalar(separator, titles.type))
    if rule == "pair":
        return both
    no_title, no_text = pc.equal(pc.binary_length(titles), 0), pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(no_title, texts, pc.if_else(no_text, titles, both))
