"""From an ENCODER and texts or pictures to vectors, through the stores that retrieval keeps its vectors in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora import InputError, Role, UsageError
from corpora.workspace import Workspace
from retrieval.dense import FLAT, dense
from retrieval.encoders import Encoder
from retrieval.encoders.protocol import modalities_of, reads_images
from retrieval.spec import parse_spec
from retrieval.vectors.embed import embed
from retrieval.vectors.images import embed_images

from .items import Items


@dataclass(frozen=True)
class EncoderSystem:
    """An encoder under the name that it has in results: what an embedding task evaluates."""

    spec: str
    encoder: Encoder

    def identity(self, language: str = "unknown") -> Mapping[str, Any]:
        """The encoder's identity, which holds all that moves a vector."""
        return {"engine": "encoder-1", "encoder": self.encoder.identity()}


def make_encoder_system(encoder: str) -> EncoderSystem:
    """The system that ENCODER names, options in parentheses: `minilm`, `my_model.py:MyEncoder`, `path(max_length=256)`.

    A sentence-transformers model gives its vectors as they are, not brought to length 1, as mteb takes them: distances
    and classifiers see lengths, cosine does not. Raises what `resolve_encoder` raises.
    """
    if encoder.startswith("dense:"):
        raise UsageError(f"{encoder!r} is a retriever", mend=f"an encoder is what stands behind it: {encoder[6:]}")
    named = dense(parse_spec(f"dense:{encoder}"))
    if named.index != FLAT:
        raise UsageError("an encoder has no index", where=encoder, mend="leave out index=")
    if named.reading.options:
        what = f"an encoder embeds what it is given, and takes no {next(iter(named.reading.options))}="
        raise UsageError(what, where=encoder, mend="such options are for a retriever")
    return EncoderSystem(named.spec.removeprefix("dense:"), unscaled(named.encoder))


def unscaled(encoder: Encoder) -> Encoder:
    """The encoder without the scaling to length 1 that retrieval by cosine adds; a user's own class stays as it is."""
    own: Callable[[], Encoder] | None = getattr(encoder, "unscaled", None)
    return own() if own else encoder


def vectors_of(
    encoder: Encoder, texts: Sequence[str], ids: Sequence[str], role: Role, workspace: Workspace
) -> tuple[NDArray[np.float32], dict[str, int]]:
    """The vectors of n texts, float32 (n, d), kept ones reused, and how many texts were cut and of how much."""
    found = embed(encoder, texts, role, workspace, ids=ids)
    if encoder.unit != "tok":
        return found.vectors, {"truncation_unknown": 1}
    return found.vectors, {"truncated_texts": found.truncated, "tokens_lost_in_texts": int(found.lost.sum())}


@dataclass(frozen=True)
class EmbeddedItems:
    """The vectors of all items, float32 (n, d): the texts', then the pictures'; and what was cut, counted.

    `undecodable`: of the pictures that could not be decoded, whose rows are zero, what is wrong by key (`ImageRef.key`);
    the first are named in full, the others by their ids alone.
    """

    vectors: NDArray[np.float32]
    notes: Mapping[str, int]
    undecodable: Mapping[str, str] = field(default_factory=dict)


def embed_items(encoder: Encoder, items: Items, role: Role, workspace: Workspace) -> EmbeddedItems:
    """The vectors of texts, of pictures, or of both in one space; kept ones reused. Raises as `check_reads`."""
    check_reads(encoder, items)
    parts, notes, undecodable = [], dict[str, int](), dict[str, str]()
    if items.texts:
        vectors, notes = vectors_of(encoder, items.texts, items.text_ids, role, workspace)
        parts.append(vectors)
    if items.images:
        vectors, undecodable = _pictured(encoder, items, role, workspace)
        parts.append(vectors)
    return EmbeddedItems(np.concatenate(parts) if len(parts) > 1 else parts[0], notes, undecodable)


def _pictured(encoder: Encoder, items: Items, role: Role, workspace: Workspace) -> tuple[NDArray[np.float32], dict[str, str]]:
    assert reads_images(encoder)
    found = embed_images(encoder, items.images, role, workspace, ids=items.image_ids)
    bad = found.bad.tolist()
    told = [*found.faults, *(items.image_ids[row] for row in bad[len(found.faults) :])]
    return found.vectors, {items.images[row].key: what for row, what in zip(bad, told, strict=True)}


def check_reads(encoder: Encoder, items: Items) -> None:
    """Raise InputError for an encoder that does not read what is embedded; UsageError where it has to read both of two."""
    reads = modalities_of(encoder)
    if items.texts and items.images and not {"text", "image"} <= reads:
        what = f"{encoder.name} reads {'pictures' if 'image' in reads else 'texts'} only"
        raise UsageError(what, mend="prompts need an encoder that reads texts and pictures in one space, such as a CLIP")
    if items.images and "image" not in reads:
        captions = ", or give the captions with their labels as a labels file, which are texts" if items.captioned else ""
        mend = f"name an encoder that reads pictures, such as a CLIP{captions}"
        raise InputError(f"{encoder.name} reads texts only, and these are pictures", mend=mend)
    if items.texts and "text" not in reads:
        mend = "name an encoder that reads texts, such as minilm"
        raise InputError(f"{encoder.name} reads pictures only, and these are texts", mend=mend)
