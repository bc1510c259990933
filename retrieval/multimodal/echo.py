"""What a model is fed first, shown beside a result: the text as it reads it, the picture by its file and how it is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpora import Corpus, ImageRef, Queries, TextRule

from ..encoders.protocol import Encoder, modalities_of
from .reading import Reading

FIRST = np.zeros(1, np.int64)


def echo(encoder: Encoder, reading: Reading, queries: Queries, corpus: Corpus, rule: TextRule) -> dict[str, Any]:
    """The first query's and the first document's text as the model is fed them, and the first picture of each: its file under the
    folder of the corpus, its frame, and the encoder's `preprocessing` (size fed, options) where it says. Nothing is decoded.
    """
    parts = [part for own in queries.parts for part in own if part.vector is None and part.is_for("dense")]
    fed: dict[str, Any] = {}
    text = next((part for part in parts if part.image is None), None)
    if text and _reads(encoder, reading.queries, "text"):
        fed["query"] = encoder.echo([text.text], text.role)
    if len(corpus) and _reads(encoder, reading.documents, "text"):
        fed["document"] = encoder.echo(corpus.texts(rule, FIRST).to_pylist(), "document")
    pictures = {"query": [part.image for part in parts if part.image], "document": corpus.images(FIRST)[0] if len(corpus) else ()}
    for side, form in (("query", reading.queries), ("document", reading.documents)):
        if pictures[side] and _reads(encoder, form, "image"):
            fed[f"{side}_picture"] = _picture(encoder, pictures[side], corpus.root)
    return fed


def _reads(encoder: Encoder, form: str, kind: str) -> bool:
    return kind in modalities_of(encoder) and form not in {"text", "image"} - {kind}


def _picture(encoder: Encoder, images: Sequence[ImageRef], root: Path | None) -> dict[str, Any]:
    path = Path(images[0].path)
    file = path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.name
    frame = {"frame": images[0].frame} if images[0].frame else {}
    how = getattr(encoder, "preprocessing", None)
    return {"file": file, **frame, **({"preprocessing": how} if how else {})}
