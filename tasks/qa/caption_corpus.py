"""Captioned pictures as documents that questions are answered from: picture and caption of each together."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from corpora import Corpus, corpus_of
from corpora.captions import CaptionedImages
from corpora.images.column import encoded_images


def caption_corpus(captions: CaptionedImages) -> Corpus:
    """A document for each pair: its caption as the text, and its pictures."""
    encoded = [encoded_images(images) for images in captions.images]
    table = pa.table(
        {
            "id": list(captions.ids),
            "text": list(captions.texts),
            "images": [keys for keys, _ in encoded],
            "files": [files for _, files in encoded],
        }
    )
    return replace(corpus_of(table), faults=captions.faults)
