"""Captioned pictures as documents: the picture and the caption of each together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from .caption_folder import ALL, open_captions
from .captions import CaptionedImages
from .collection import Card
from .corpus import Corpus, corpus_of
from .images.column import encoded_images
from .workspace import Workspace


def open_caption_corpus(folder: Path, workspace: Workspace) -> tuple[Corpus, Card]:
    """The captioned pictures of a folder, of all its splits, as documents, and their card. Raises as `open_captions`."""
    captions = open_captions(folder, ALL, workspace)
    return caption_corpus(captions, folder.absolute()), captions.card


def caption_corpus(captions: CaptionedImages, root: Path | None = None) -> Corpus:
    """A document for each pair: its caption as the text, and its pictures, which lie under `root`."""
    encoded = [encoded_images(images, root) for images in captions.images]
    table = pa.table(
        {
            "id": list(captions.ids),
            "text": list(captions.texts),
            "images": [keys for keys, _ in encoded],
            "files": [files for _, files in encoded],
        }
    )
    return replace(corpus_of(table, root=root), faults=captions.faults)
